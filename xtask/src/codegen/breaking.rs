//! Compares two descriptor sets: what would a peer built from the old one misread in the new one?
//!
//! Names do not travel, so a rename is a note. Numbers, types, labels and the membership in a oneof do.

use std::collections::{BTreeMap, BTreeSet};

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

/// What a comparison found; one line per change, each naming the message or enum and the number.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Changes a peer of the old definition would misread.
    pub(super) breaks: Vec<String>,
    /// Changes worth knowing that no peer can see.
    pub(super) notes: Vec<String>,
}

/// Judges the step from `base` to `fresh`.
pub(super) fn compare(base: &FileDescriptorSet, fresh: &FileDescriptorSet) -> Verdict {
    let (old, new) = (Names::of(base), Names::of(fresh));
    let mut comparison = Comparison { renamed: renamed(&old, &new), verdict: Verdict::default() };
    for (name, message) in &old.messages {
        match new.messages.get(comparison.now(name)) {
            Some(now) => comparison.message(name, message, now),
            None => comparison.breaks(format!("message {name} was removed")),
        }
    }
    for (name, listed) in &old.enums {
        match new.enums.get(comparison.now(name)) {
            Some(now) => comparison.enumeration(name, listed, now),
            None => comparison.breaks(format!("enum {name} was removed")),
        }
    }
    comparison.verdict
}

/// Every message and enum by its full name.
#[derive(Default)]
struct Names<'a> {
    messages: BTreeMap<String, &'a DescriptorProto>,
    enums: BTreeMap<String, &'a EnumDescriptorProto>,
}

impl<'a> Names<'a> {
    fn of(set: &'a FileDescriptorSet) -> Self {
        let mut names = Self::default();
        for file in &set.file {
            names.add(file.package(), &file.message_type, &file.enum_type);
        }
        names
    }

    fn add(&mut self, scope: &str, messages: &'a [DescriptorProto], enums: &'a [EnumDescriptorProto]) {
        for listed in enums {
            self.enums.insert(format!("{scope}.{}", listed.name()), listed);
        }
        for message in messages {
            let name = format!("{scope}.{}", message.name());
            self.add(&name, &message.nested_type, &message.enum_type);
            self.messages.insert(name, message);
        }
    }
}

struct Comparison {
    /// Old full name to new full name.
    renamed: BTreeMap<String, String>,
    verdict: Verdict,
}

impl Comparison {
    fn message(&mut self, name: &str, old: &DescriptorProto, new: &DescriptorProto) {
        self.note_rename("message", name);
        let fresh: BTreeMap<i32, &FieldDescriptorProto> =
            new.field.iter().map(|field| (field.number(), field)).collect();
        for field in &old.field {
            match fresh.get(&field.number()) {
                Some(now) => self.field(name, (old, field), (new, now)),
                None if message_reserves(new, field.number()) => {}
                None => self.breaks(format!(
                    "{name}: field {} = {} was removed and its number is not reserved",
                    field.name(),
                    field.number()
                )),
            }
        }
        for field in new.field.iter().filter(|field| message_reserves(old, field.number())) {
            self.breaks(format!(
                "{name}: field {} re-uses the reserved number {}",
                field.name(),
                field.number()
            ));
        }
    }

    fn field(
        &mut self,
        message: &str,
        (old_message, old): (&DescriptorProto, &FieldDescriptorProto),
        (new_message, new): (&DescriptorProto, &FieldDescriptorProto),
    ) {
        let place = format!("{message}: field {} = {}", old.name(), old.number());
        let same_type =
            old.r#type() == new.r#type() && self.now(full(old.type_name())) == full(new.type_name());
        let same_name = old.name() == new.name();
        match (same_type, same_name) {
            (true, true) => {}
            (true, false) => self.verdict.notes.push(format!("{place} is now called {}", new.name())),
            (false, true) => {
                self.breaks(format!("{place} changed its type from {} to {}", kind(old), kind(new)))
            }
            (false, false) => {
                self.breaks(format!("{place}: the number is re-used by {} {}", kind(new), new.name()))
            }
        }
        if label(old) != label(new) {
            self.breaks(format!("{place} changed from {} to {}", label(old), label(new)));
        }
        if old.proto3_optional() == new.proto3_optional() {
            self.membership(&place, oneof(old_message, old), oneof(new_message, new));
        }
    }

    fn membership(&mut self, place: &str, old: Option<Oneof>, new: Option<Oneof>) {
        match (old, new) {
            (None, None) => {}
            (Some(old), Some(new)) if old.name == new.name => {}
            (Some(old), Some(new)) if old.numbers.is_subset(&new.numbers) => {
                self.verdict
                    .notes
                    .push(format!("{place}: its oneof {} is now called {}", old.name, new.name));
            }
            (Some(old), Some(new)) => {
                self.breaks(format!("{place} moved from oneof {} to oneof {}", old.name, new.name))
            }
            (Some(old), None) => self.breaks(format!("{place} left oneof {}", old.name)),
            (None, Some(new)) => self.breaks(format!("{place} moved into oneof {}", new.name)),
        }
    }

    fn enumeration(&mut self, name: &str, old: &EnumDescriptorProto, new: &EnumDescriptorProto) {
        self.note_rename("enum", name);
        let fresh: BTreeMap<i32, &str> =
            new.value.iter().map(|value| (value.number(), value.name())).collect();
        for value in &old.value {
            let place = format!("{name}: value {} = {}", value.name(), value.number());
            match fresh.get(&value.number()) {
                Some(now) if *now == value.name() => {}
                Some(now) => self.verdict.notes.push(format!("{place} is now called {now}")),
                None if enum_reserves(new, value.number()) => {}
                None => self.breaks(format!("{place} was removed and its number is not reserved")),
            }
        }
        for value in new.value.iter().filter(|value| enum_reserves(old, value.number())) {
            self.breaks(format!(
                "{name}: value {} re-uses the reserved number {}",
                value.name(),
                value.number()
            ));
        }
    }

    /// What an old full name is called now.
    fn now<'a>(&'a self, name: &'a str) -> &'a str {
        self.renamed.get(name).map_or(name, String::as_str)
    }

    fn note_rename(&mut self, what: &str, name: &str) {
        if let Some(now) = self.renamed.get(name) {
            self.verdict.notes.push(format!("{what} {name} is now called {now}"));
        }
    }

    fn breaks(&mut self, line: String) {
        self.verdict.breaks.push(line);
    }
}

/// Names that went, paired with names that came and have the same shape, when the pair is unambiguous.
fn renamed(old: &Names<'_>, new: &Names<'_>) -> BTreeMap<String, String> {
    let mut pairs = pair(&old.messages, &new.messages, |message| {
        message
            .field
            .iter()
            .map(|field| format!("{} {} {}", field.number(), field.name(), label(field)))
            .collect()
    });
    pairs.extend(pair(&old.enums, &new.enums, |listed| {
        listed.value.iter().map(|value| format!("{} {}", value.number(), value.name())).collect()
    }));
    pairs
}

fn pair<T>(
    old: &BTreeMap<String, &T>,
    new: &BTreeMap<String, &T>,
    shape: impl Fn(&T) -> BTreeSet<String>,
) -> BTreeMap<String, String> {
    let came: Vec<_> = new.iter().filter(|(name, _)| !old.contains_key(*name)).collect();
    let mut pairs = BTreeMap::new();
    for (name, item) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
        let wanted = shape(item);
        let mut alike = came.iter().filter(|(_, item)| shape(item) == wanted);
        if let (false, Some((now, _)), None) = (wanted.is_empty(), alike.next(), alike.next()) {
            pairs.insert(name.clone(), (*now).clone());
        }
    }
    pairs
}

/// A oneof that was written as such; the one that `optional` implies does not count.
struct Oneof {
    name: String,
    numbers: BTreeSet<i32>,
}

fn oneof(message: &DescriptorProto, field: &FieldDescriptorProto) -> Option<Oneof> {
    let index = field.oneof_index.filter(|_| !field.proto3_optional())?;
    let name = usize::try_from(index).ok().and_then(|at| message.oneof_decl.get(at))?.name().to_owned();
    let members = message.field.iter().filter(|other| other.oneof_index == Some(index));
    Some(Oneof { name, numbers: members.map(FieldDescriptorProto::number).collect() })
}

fn label(field: &FieldDescriptorProto) -> &'static str {
    match field.label() {
        Label::Repeated => "repeated",
        Label::Required => "required",
        Label::Optional if field.proto3_optional() => "optional",
        Label::Optional => "singular",
    }
}

fn kind(field: &FieldDescriptorProto) -> String {
    match field.r#type() {
        Type::Message | Type::Enum | Type::Group => full(field.type_name()).to_owned(),
        plain => plain.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    }
}

fn full(type_name: &str) -> &str {
    type_name.trim_start_matches('.')
}

/// Ranges of messages exclude their end.
fn message_reserves(message: &DescriptorProto, number: i32) -> bool {
    message.reserved_range.iter().any(|range| (range.start()..range.end()).contains(&number))
}

/// Ranges of enums include their end.
fn enum_reserves(listed: &EnumDescriptorProto, number: i32) -> bool {
    listed.reserved_range.iter().any(|range| (range.start()..=range.end()).contains(&number))
}

#[cfg(test)]
#[path = "breaking_test.rs"]
mod tests;
