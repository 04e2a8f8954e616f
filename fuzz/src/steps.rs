//! Lists of operations: as bytes, as the targets take them, and as words, as people write seeds.

/// A step that can be written as a word and its numbers: `Push 0 1 0`.
pub(crate) trait Spelled: Sized {
    /// The step of a name, with as many of these numbers as it has.
    fn spelled(name: &str, numbers: &mut dyn Iterator<Item = u8>) -> Option<Self>;

    /// Appends the step to a script as it is read from there.
    fn write(self, bytes: &mut Vec<u8>);
}

/// Appends the steps of a text to a script: with semicolons between them.
///
/// # Panics
///
/// When something in the text is no step: the texts are those of this crate.
pub(crate) fn write<S: Spelled>(text: &str, bytes: &mut Vec<u8>) {
    for step in text.split(';').map(str::trim).filter(|step| !step.is_empty()) {
        let mut words = step.split_whitespace();
        let name = words.next().unwrap_or_default();
        let read = |word: &str| {
            word.parse().unwrap_or_else(|_| panic!("{word:?} in {step:?} is no number of a step"))
        };
        let mut numbers = words.map(read);
        let spelled = S::spelled(name, &mut numbers).unwrap_or_else(|| panic!("{step:?} is no step"));
        assert!(numbers.next().is_none(), "{step:?} has a number too many");
        spelled.write(bytes);
    }
}

/// A step of a script: one byte says which, one or two say each of its numbers. Bytes that ran out read as zero,
/// so that every sequence of bytes is a script. New steps go to the end: then old scripts keep their meaning.
macro_rules! steps {
    (
        $(#[$meta:meta])*
        enum $name:ident {
            $($(#[$doc:meta])* $step:ident $({ $($(#[$about:meta])* $number:ident: $kind:ty),* $(,)? })?,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name {
            $($(#[$doc])* $step $({ $($(#[$about])* $number: $kind),* })?,)*
        }

        impl<'a> arbitrary::Arbitrary<'a> for $name {
            fn arbitrary(bytes: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
                #[derive(Clone, Copy)]
                enum Kind { $($step,)* }
                const KINDS: &[Kind] = &[$(Kind::$step,)*];
                let at = usize::from(u8::arbitrary(bytes)?) % KINDS.len();
                Ok(match KINDS[at] {
                    $(Kind::$step => Self::$step $({ $($number: arbitrary::Arbitrary::arbitrary(bytes)?),* })?,)*
                })
            }
        }

        impl crate::steps::Spelled for $name {
            fn spelled(name: &str, numbers: &mut dyn Iterator<Item = u8>) -> Option<Self> {
                Some(match name {
                    $(stringify!($step) => Self::$step $({ $($number: numbers.next()?),* })?,)*
                    _ => return None,
                })
            }

            fn write(self, bytes: &mut Vec<u8>) {
                enum Kind { $($step,)* }
                match self {
                    $(Self::$step $({ $($number),* })? => {
                        bytes.push(Kind::$step as u8);
                        $($(bytes.extend_from_slice(&$number.to_le_bytes());)*)?
                    })*
                }
            }
        }
    };
}

pub(crate) use steps;
