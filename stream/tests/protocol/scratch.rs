//! A corner for measuring leaves no trace and touches nothing else.

use deertrack_stream::{Consumer, ConsumerOptions, Scratch};
use deertrack_testkit::redis::Redis;

use crate::support::*;

#[tokio::test]
async fn a_scratch_corner_is_swept_out_and_the_live_keys_beside_it_stay() {
    let redis = Redis::start().await;
    let live = redis.stream().await;
    submit(&live).await;
    let scratch = Scratch::open(hasty(redis.url())).await.unwrap();
    for _ in 0..3 {
        submit(scratch.stream()).await;
    }
    let consumer = Consumer::start(scratch.stream(), ConsumerOptions::default()).await.unwrap();
    consumer.stop().await;
    assert_eq!(live.counts().await.unwrap().backlog, 1, "the corner has keys of its own");
    assert_eq!(scratch.stream().counts().await.unwrap().backlog, 3);

    assert_eq!(scratch.clear().await.unwrap(), 4, "a stream and three status records");
    assert_eq!(scratch.clear().await.unwrap(), 0);
    assert_eq!(live.counts().await.unwrap().backlog, 1);
}
