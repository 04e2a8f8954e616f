//! What a run came to, for people.
#![expect(clippy::print_stdout, reason = "the table is what the program is run for")]

use std::time::Duration;

use bim_types::Priority;

use super::books::{Books, Sum};
use super::outcome::{Memory, Outcome};
use super::sender::Sent;

/// Classes as people read them: what matters most first.
const CLASSES: [Priority; 3] = [Priority::High, Priority::Normal, Priority::Low];

/// Prints everything about a run.
pub(super) fn print(name: &str, outcome: &Outcome) {
    println!("\n{name}");
    print_intake(outcome);
    print_accounts(&outcome.books);
    print_latencies(outcome);
    print_rates(outcome);
    print_memory(&outcome.memory);
    println!(
        "  checked for each viewer and class, position by position: accepted since join = delivered + left out + torn;"
    );
    println!(
        "  no message twice or out of order; no HIGH in a gap marker; a marker before the next of its class, with the"
    );
    println!(
        "  right count; no LOW from before a NORMAL that was given up; every position below the last has one verdict"
    );
    if outcome.books.stalled.users > 0 && outcome.books.stalled.affected == 0 {
        println!(
            "  note: what was sent to the stalled viewers fitted their sockets' buffers; more --seconds or --body does not"
        );
    }
    match outcome.faults.count() {
        0 => println!("  all of it holds"),
        count => println!("  {count} FAULTS"),
    }
}

fn print_intake(Outcome { books, measured, .. }: &Outcome) {
    let seconds = measured.sent_for.as_secs_f64();
    println!("  intake             due/s    offered/s   accepted/s    refused/s     accepted");
    for class in CLASSES {
        let (Sent { due, offered, refused }, accepted) = (books.sent[class], books.accepted[class]);
        let rate = |count: u64| count as f64 / seconds;
        println!(
            "  {:<8}    {:>12.1} {:>12.1} {:>12.1} {:>12.1} {accepted:>12}",
            class.name(),
            rate(due),
            rate(offered),
            rate(accepted),
            rate(refused),
        );
    }
}

fn print_accounts(Books { reading, stalled, senders, .. }: &Books) {
    println!(
        "  accounts           accepted = delivered + left out + torn + missing   (since join, all of the kind)"
    );
    for (kind, sum) in [("readers", reading), ("stalled", stalled), ("senders", senders)] {
        if sum.users > 0 {
            print_sum(kind, sum);
        }
    }
}

fn print_sum(kind: &str, sum: &Sum) {
    for class in CLASSES {
        let tally = sum.tallies[class];
        println!(
            "  {kind} {:<8} {:>12} = {} + {} + {} + {}",
            class.name(),
            tally.accepted,
            tally.delivered,
            tally.left_out,
            tally.torn,
            tally.missing,
        );
    }
    let fate = sum.fate;
    println!(
        "  {kind} {} users: {} had something left out, torn, or a lost connection; {} connections lost, {} told \
         they were slow, {} resumed, {} discontinuities",
        sum.users, sum.affected, fate.cuts, fate.told_slow, fate.resumed, fate.torn,
    );
}

fn print_latencies(outcome: &Outcome) {
    println!(
        "  latency of readers       p50          p99        p99.9   ms, from sending to reading, first second left out"
    );
    let latencies = &outcome.latencies;
    let rows = CLASSES.map(|class| (class.name(), latencies.classes[class]));
    let more = [("all", latencies.all), ("beside", latencies.beside)];
    for (name, [p50, p99, p999]) in rows.into_iter().chain(more) {
        println!("  {name:<8}    {:>12.3} {:>12.3} {:>12.3}", millis(p50), millis(p99), millis(p999));
    }
    println!("  (beside: how long verdicts took in another group of the server)");
}

fn print_rates(Outcome { books, measured, body_bytes, entered_in, .. }: &Outcome) {
    let seconds = measured.sent_for.as_secs_f64();
    let accepted = books.accepted.total() as f64;
    let deliveries = measured.deliveries as f64;
    let (server, load) = (measured.server_cpu.as_secs_f64(), measured.load_cpu.as_secs_f64());
    println!(
        "  {:.1} messages/s, {:.0} deliveries/s, {:.1} MB/s of bodies, for {seconds:.1} s; all were in after {:.1} s",
        accepted / seconds,
        deliveries / seconds,
        deliveries * *body_bytes as f64 / seconds / 1e6,
        entered_in.as_secs_f64(),
    );
    println!(
        "  server {:.2} CPU-s per million deliveries ({server:.1} CPU-s); load generator {:.2} ({load:.1} CPU-s)",
        server / deliveries.max(1.0) * 1e6,
        load / deliveries.max(1.0) * 1e6,
    );
    println!("  others used {:.1} % of the machine meanwhile", measured.others() * 100.0);
}

fn print_memory(Memory { base, entered, end, cap, cap_in_words }: &Memory) {
    let mib = |bytes: u64| bytes as f64 / 1_048_576.0;
    println!(
        "  server memory {:.0} MiB at start, {:.0} with everyone in, at most {:.0}; cap {:.0} MiB = {cap_in_words}",
        mib(base.rss),
        mib(entered.rss),
        mib(end.rss_max),
        mib(*cap),
    );
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
