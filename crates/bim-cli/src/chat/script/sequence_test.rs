use super::*;

fn at(seq: u64) -> Placed<u64> {
    Placed { seq, bytes: 1, item: seq }
}

fn popped(sequence: &mut Sequence<u64>) -> Vec<Ordered<u64>> {
    std::iter::from_fn(|| sequence.pop()).collect()
}

fn items(seqs: impl IntoIterator<Item = u64>) -> Vec<Ordered<u64>> {
    seqs.into_iter().map(Ordered::Item).collect()
}

fn begun_at(seq: u64) -> Sequence<u64> {
    let mut sequence = Sequence::new();
    sequence.heard(at(seq));
    assert_eq!(popped(&mut sequence), items([seq]));
    sequence
}

#[test]
fn what_comes_in_line_is_handed_on_at_once_and_only_once() {
    let mut sequence = begun_at(7);
    for seq in [8, 8, 7, 9] {
        sequence.heard(at(seq));
    }
    assert_eq!(popped(&mut sequence), items([8, 9]));
    assert_eq!(sequence.missing(), None);
}

#[test]
fn what_comes_early_is_held_until_what_is_before_it_has_come() {
    let mut sequence = begun_at(1);
    sequence.heard(at(4));
    sequence.heard(at(3));
    assert_eq!(popped(&mut sequence), []);
    assert_eq!(sequence.missing(), Some(Range { from: 2, to: Some(2) }));
    assert!(sequence.may_come_by_itself());
    sequence.heard(at(2));
    assert_eq!(popped(&mut sequence), items([2, 3, 4]));
}

#[test]
fn a_verdict_and_messages_of_others_come_out_in_one_order() {
    let mut sequence = begun_at(1);
    sequence.heard(at(3));
    sequence.own(at(2));
    assert_eq!(popped(&mut sequence), items([2, 3]));
}

#[test]
fn a_verdict_is_never_dropped_even_when_its_place_was_passed() {
    let mut sequence = begun_at(1);
    sequence.heard(at(5));
    let range = sequence.missing().unwrap();
    sequence.page(range, vec![at(2), at(4)], None);
    assert_eq!(popped(&mut sequence), items([2, 4, 5]));
    sequence.own(at(3));
    assert_eq!(popped(&mut sequence), items([3]));
}

#[test]
fn a_verdict_replaces_the_copy_that_a_page_brought() {
    let mut sequence = begun_at(1);
    sequence.heard(Placed { seq: 3, bytes: 1, item: 333 });
    sequence.own(at(3));
    sequence.heard(at(2));
    assert_eq!(popped(&mut sequence), items([2, 3]));
}

#[test]
fn what_was_left_out_is_fetched_page_by_page() {
    let mut sequence = begun_at(1);
    sequence.left_out(2, 6);
    sequence.heard(at(7));
    assert!(!sequence.may_come_by_itself());
    let range = sequence.missing().unwrap();
    assert_eq!(range, Range { from: 2, to: Some(6) });
    sequence.page(range, vec![at(2), at(3)], Some(3));
    assert_eq!(popped(&mut sequence), items([2, 3]));
    let range = sequence.missing().unwrap();
    assert_eq!(range, Range { from: 4, to: Some(6) });
    sequence.page(range, vec![at(4), at(5), at(6)], None);
    assert_eq!(popped(&mut sequence), items([4, 5, 6, 7]));
    assert_eq!(sequence.missing(), None);
}

#[test]
fn what_was_left_out_at_the_end_is_fetched_although_nothing_follows() {
    let mut sequence = begun_at(1);
    sequence.left_out(2, 3);
    let range = sequence.missing().unwrap();
    sequence.page(range, vec![at(2), at(3)], None);
    assert_eq!(popped(&mut sequence), items([2, 3]));
    assert_eq!(sequence.missing(), None);
}

#[test]
fn a_loss_of_unknown_length_is_fetched_up_to_the_newest() {
    let mut sequence = begun_at(1);
    sequence.lost_count();
    let range = sequence.missing().unwrap();
    assert_eq!(range, Range { from: 2, to: None });
    sequence.page(range, vec![at(2), at(3)], Some(3));
    let range = sequence.missing().unwrap();
    assert_eq!(range, Range { from: 4, to: None });
    sequence.page(range, vec![], None);
    assert_eq!(popped(&mut sequence), items([2, 3]));
    assert_eq!(sequence.missing(), None);
}

#[test]
fn a_number_that_the_history_does_not_know_is_no_message_and_nothing_is_said_of_it() {
    let mut sequence = begun_at(1);
    sequence.heard(at(4));
    let range = sequence.missing().unwrap();
    sequence.page(range, vec![], None);
    assert_eq!(popped(&mut sequence), items([4]));
    assert_eq!(sequence.missing(), None);
}

#[test]
fn what_can_not_be_had_is_said_before_what_follows() {
    let mut sequence = begun_at(1);
    sequence.heard(at(5));
    let range = sequence.missing().unwrap();
    sequence.give_up(range);
    assert_eq!(popped(&mut sequence), [Ordered::Missing { from: 2, to: 4 }, Ordered::Item(5)]);
}

#[test]
fn what_turns_out_to_lie_before_the_beginning_is_handed_on_once() {
    let mut sequence = begun_at(10);
    sequence.heard(at(8));
    sequence.heard(at(8));
    assert_eq!(popped(&mut sequence), items([8]));
    sequence.left_out(7, 9);
    let range = sequence.missing().unwrap();
    assert_eq!(range, Range { from: 7, to: Some(9) });
    sequence.page(range, vec![at(7), at(8), at(9), at(10)], None);
    assert_eq!(popped(&mut sequence), items([7, 9]));
    assert_eq!(sequence.missing(), None);
}

#[test]
fn when_too_much_is_held_the_newest_is_fetched_later_instead() {
    let mut sequence = begun_at(1);
    for seq in 3..3 + HELD_MAX as u64 + 10 {
        sequence.heard(at(seq));
    }
    assert!(sequence.is_crowded());
    let held_to = 2 + HELD_MAX as u64;
    sequence.heard(at(2));
    assert_eq!(popped(&mut sequence).len(), HELD_MAX + 1);
    assert_eq!(sequence.missing(), Some(Range { from: held_to + 1, to: Some(held_to + 10) }));
}

#[test]
fn finishing_hands_on_everything_that_is_held() {
    let mut sequence = begun_at(1);
    sequence.heard(at(3));
    sequence.heard(at(6));
    sequence.finish();
    let missing = |seq| Ordered::Missing { from: seq, to: seq };
    assert_eq!(
        popped(&mut sequence),
        [missing(2), Ordered::Item(3), Ordered::Missing { from: 4, to: 5 }, Ordered::Item(6)]
    );
}

#[test]
fn another_life_of_the_log_begins_anew() {
    let mut sequence = begun_at(100);
    sequence.heard(at(102));
    sequence.restart();
    sequence.heard(at(1));
    assert_eq!(
        popped(&mut sequence),
        [Ordered::Missing { from: 101, to: 101 }, Ordered::Item(102), Ordered::Item(1)]
    );
}

#[test]
fn whatever_is_dropped_on_the_way_comes_out_once_and_in_order() {
    for seed in 1..200_u64 {
        let mut bits = seed;
        let mut draw = |below: u64| {
            bits ^= bits << 13;
            bits ^= bits >> 7;
            bits ^= bits << 17;
            bits % below
        };
        let mut sequence = begun_at(1);
        let mut out = Vec::new();
        for seq in 2..=300 {
            match draw(5) {
                0 => sequence.left_out(seq, seq),
                1 => sequence.lost_count(),
                2 => sequence.own(at(seq)),
                _ => sequence.heard(at(seq)),
            }
            if draw(4) == 0
                && let Some(range) = sequence.missing()
            {
                let to = range.to.unwrap_or(seq).min(range.from + draw(4));
                let more = to < range.to.unwrap_or(seq);
                sequence.page(range, (range.from..=to).map(at).collect(), more.then_some(to));
            }
            out.extend(popped(&mut sequence));
        }
        sequence.left_out(300, 300);
        while let Some(range) = sequence.missing() {
            sequence.page(range, (range.from..=range.to.unwrap_or(300)).map(at).collect(), None);
        }
        out.extend(popped(&mut sequence));
        assert_eq!(out, items(2..=300), "seed {seed}");
    }
}
