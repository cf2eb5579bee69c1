//! Lets time pass: puts the clock forward, and waits until everything that has become due was done.

use super::stage::Stage;
use crate::cli::Failure;
use chrono::TimeDelta;
use std::time::{Duration, Instant};

/// How long the work of one step may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks: longer than the worker rests when nothing is due.
const LOOK: Duration = Duration::from_millis(400);

/// Puts the clock forward by `step`, `steps` times, and lets the system do its work after each.
///
/// # Errors
/// The work does not end.
pub async fn pass(stage: &Stage, step: TimeDelta, steps: u32) -> Result<(), Failure> {
    for _ in 0..steps {
        stage.post.clock_jumps();
        stage.clock.advance(step)?;
        quiet(stage).await?;
    }
    Ok(())
}

/// Returns when no notice is on its way and nothing is due.
///
/// # Errors
/// The work does not end.
pub async fn quiet(stage: &Stage) -> Result<(), Failure> {
    let since = Instant::now();
    stage.simulators.drained().await;
    let mut still = 0;
    while still < 2 {
        if since.elapsed() > PATIENCE {
            return Err(format!("the system does not come to rest; {}", stage.fleet.log()).into());
        }
        tokio::time::sleep(LOOK).await;
        still = if overdue(stage).await == Some(0) { still + 1 } else { 0 };
    }
    Ok(())
}

/// For how many seconds something has been due, as any instance knows it; `None` when it does not say.
async fn overdue(stage: &Stage) -> Option<i64> {
    let base = stage.fleet.bases().into_iter().next()?;
    let answer = stage.client.get(format!("{base}/metrics")).send().await.ok()?;
    let text = answer.text().await.ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("synesthesie_outbox_overdue_seconds "))?;
    line.trim().parse().ok()
}
