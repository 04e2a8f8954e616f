//! What a storm came to, for people.
#![expect(clippy::print_stdout, reason = "the table is what the program is run for")]

use std::time::Duration;

use super::storm::Outcome;

/// Prints everything about a storm.
pub(super) fn print(round: u32, outcome: &Outcome) {
    let users = outcome.users;
    println!("\njoin storm {round}: {users} users");
    print_step("log in", users, outcome.logged_in);
    print_step("join", users, outcome.joined);
    print_step("leave", users, outcome.left);
    let [p50, p99, p999] =
        [0.5, 0.99, 0.999].map(|part| outcome.join_latency.quantile(part).as_secs_f64() * 1e3);
    println!("  join latency, all asking at once: p50 {p50:.1} ms  p99 {p99:.1} ms  p99.9 {p999:.1} ms");
    let [joins, leaves] = outcome.pulses;
    println!("  pulses: {joins} told of all who came, {leaves} of all who left");
    println!("  server {:.2} CPU-s for joins, leaves and pulses", outcome.cpu.as_secs_f64());
    let Outcome { before, connected, inside, after, .. } = outcome;
    print_memory("allocated", [before.heap, connected.heap, inside.heap, after.heap]);
    print_memory("resident", [before.rss, connected.rss, inside.rss, after.rss]);
    println!(
        "  resident at most {:.1} MiB; an allocator keeps some of what was given back to it",
        mib(outcome.rss_max)
    );
    println!(
        "  checked: count and list exact with all in and with all gone; every pulse adds up; nobody refused"
    );
    match outcome.faults.count() {
        0 => println!("  all of it holds"),
        count => println!("  {count} FAULTS"),
    }
}

fn print_step(what: &str, users: u64, took: Duration) {
    let seconds = took.as_secs_f64();
    println!("  {what:<8} {seconds:>8.2} s {:>10.0}/s", users as f64 / seconds.max(f64::MIN_POSITIVE));
}

fn print_memory(what: &str, [before, connected, inside, after]: [u64; 4]) {
    println!(
        "  server MiB {what:<9} {:.1} before, {:.1} with all connected, {:.1} with all in, {:.1} after",
        mib(before),
        mib(connected),
        mib(inside),
        mib(after),
    );
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
