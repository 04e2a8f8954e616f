//! What is done to a store, and how one is judged that was opened again.

use std::fmt::Debug;

use bim_store::crash::{Chance, CrashDisk, DiskImage};
use bim_store::redb::OpenError;

/// One in so many stores loses its power once more right after it showed what it holds.
const SHOWN_AGAIN_ONE_IN: u64 = 3;

/// Commits numbered from 0, and what they make of a store.
pub(crate) trait Script {
    type Store;
    type Content: PartialEq + Debug;

    /// How many commits the script has.
    const COMMITS: u64;

    fn open(disk: &CrashDisk) -> Result<Self::Store, OpenError>;

    /// Carries out one commit; whether it was acked. An answer other than that of a sound store is a panic.
    fn commit(store: &Self::Store, number: u64) -> bool;

    /// All there is.
    fn content(store: &Self::Store) -> Self::Content;

    /// What there must be after the first so many commits.
    fn content_after(commits: u64) -> Self::Content;

    /// Whether every call errs because a commit failed before.
    fn has_failed(store: &Self::Store) -> bool;

    fn check_integrity(store: &mut Self::Store) -> bool;

    /// Sends again what was in the first so many commits, and goes on; a panic if any of it is taken for new.
    fn recognise_and_go_on(store: &Self::Store, commits: u64);
}

/// A disk with a store on it that was made and closed in good order.
pub(crate) fn fresh_disk<S: Script>() -> CrashDisk {
    let disk = CrashDisk::blank();
    drop(S::open(&disk).unwrap());
    CrashDisk::new(disk.crash(&mut Chance::seeded(0)))
}

/// Opens the store and carries out the script until a commit fails; says how many were acked.
pub(crate) fn run<S: Script>(disk: &CrashDisk) -> (Option<S::Store>, u64) {
    let Ok(store) = S::open(disk) else { return (None, 0) };
    let acked = (0..S::COMMITS).take_while(|number| S::commit(&store, *number)).count();
    (Some(store), acked as u64)
}

/// Opens what a failure left and compares it with what was acked: all of that, and the commit after it whole
/// or not at all. What is shown after the opening is there for good, whatever comes.
pub(crate) fn judge<S: Script>(disk: &CrashDisk, acked: u64, chance: &mut Chance, context: &str) {
    let mut store = S::open(disk).unwrap_or_else(|error| panic!("not opened after {context}: {error:?}"));
    assert!(S::check_integrity(&mut store), "pages are broken after {context}");
    let content = S::content(&store);
    let known = (acked..=acked + 1)
        .find(|commits| content == S::content_after(*commits))
        .unwrap_or_else(|| panic!("{acked} commits were acked, and after {context} there is {content:?}"));

    if chance.one_in(SHOWN_AGAIN_ONE_IN) {
        let again = CrashDisk::new(disk.crash(chance));
        drop(store);
        store = S::open(&again).unwrap();
        assert_eq!(S::content(&store), content, "what was shown is gone after {context}");
    }
    S::recognise_and_go_on(&store, known);
}

/// What is left when the power goes once more, while the store that is opened on an image recovers.
pub(crate) fn crash_in_recovery<S: Script>(image: DiskImage, chance: &mut Chance) -> DiskImage {
    use bim_store::crash::Moment;

    let dying = CrashDisk::new(image);
    let number = 1 + chance.below(3);
    dying.cut_power_at(if chance.one_in(2) { Moment::Sync(number) } else { Moment::Write(number) });
    // It may well be open when the power goes.
    let opened = S::open(&dying);
    let image = dying.crash(chance);
    drop(opened);
    image
}
