//! What each scripted fault does to both ends.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;

use super::*;
use crate::{
    ConnectionExt,
    memory::{self, MemoryConnection},
};

const FRAME: Bytes = Bytes::from_static(b"12345678");

#[tokio::test]
async fn without_a_fault_it_is_transparent() {
    let (mut near, mut far, _) = faulty_pair();
    near.send(FRAME).await.unwrap();
    assert_eq!(far.recv().await.unwrap().unwrap(), FRAME);
    near.close().await.unwrap();
    assert!(far.recv().await.is_none());
}

#[tokio::test]
async fn a_cut_after_two_frames_delivers_two_and_ends_both_sides() {
    let (mut near, mut far, handle) = faulty_pair();
    handle.inject(Fault::CutAfterFrames(2));
    near.send(FRAME).await.unwrap();
    near.feed(FRAME).await.unwrap();
    assert!(matches!(near.send(FRAME).await, Err(TransportError::Lost)));
    assert!(matches!(near.recv().await, Some(Err(TransportError::Lost))));
    assert!(near.recv().await.is_none());
    far.recv().await.unwrap().unwrap();
    far.recv().await.unwrap().unwrap();
    assert!(matches!(far.recv().await, Some(Err(TransportError::Lost))));
}

#[tokio::test]
async fn a_cut_after_bytes_loses_the_frame_that_goes_over() {
    let (mut near, mut far, handle) = faulty_pair();
    handle.inject(Fault::CutAfterBytes(15));
    near.send(FRAME).await.unwrap();
    near.feed(FRAME).await.unwrap();
    far.recv().await.unwrap().unwrap();
    assert!(matches!(far.recv().await, Some(Err(TransportError::Lost))));
}

#[tokio::test]
async fn a_cut_now_wakes_a_waiting_reader() {
    let (mut near, _far, handle) = faulty_pair();
    let waiting = tokio::spawn(async move { near.recv().await });
    tokio::task::yield_now().await;
    handle.inject(Fault::CutAfterFrames(0));
    assert!(matches!(waiting.await.unwrap(), Some(Err(TransportError::Lost))));
}

#[tokio::test]
async fn stalled_reads_wait_and_arrive_after_mending() {
    let (mut near, mut far, handle) = faulty_pair();
    handle.inject(Fault::StallReads);
    far.send(FRAME).await.unwrap();
    assert!(once(near.recv()).is_pending());
    handle.mend();
    assert_eq!(near.recv().await.unwrap().unwrap(), FRAME);
}

#[tokio::test]
async fn stalled_writes_leave_no_room_until_mended() {
    let (mut near, mut far, handle) = faulty_pair();
    handle.inject(Fault::StallWrites);
    assert!(once(near.send(FRAME)).is_pending());
    assert!(once(near.flush()).is_pending());
    handle.mend();
    near.send(FRAME).await.unwrap();
    far.recv().await.unwrap().unwrap();
}

#[tokio::test]
async fn on_a_half_open_connection_writes_vanish_and_reads_work() {
    let (mut near, mut far, handle) = faulty_pair();
    handle.inject(Fault::HalfOpen);
    near.send(FRAME).await.unwrap();
    assert!(once(far.recv()).is_pending());
    far.send(FRAME).await.unwrap();
    near.recv().await.unwrap().unwrap();
}

fn faulty_pair() -> (Faulty<MemoryConnection>, MemoryConnection, FaultHandle) {
    let (near, far) = memory::pair(memory::MemoryConfig::default());
    let (near, handle) = Faulty::new(near);
    (near, far, handle)
}

fn once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}
