//! Pausing all workers, and letting them go on.

use crate::Stream;
use crate::error::StreamError;

impl Stream {
    /// Workers fetch nothing more until [`resume`](Self::resume). Running jobs go on; submits are accepted.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn pause(&self) -> Result<(), StreamError> {
        let mut set = redis::cmd("SET");
        set.arg(self.settings().keys.paused()).arg(1);
        self.link().query::<()>(&set).await?;
        self.link().hint(&self.settings().keys, "paused").await;
        Ok(())
    }

    /// Workers fetch again.
    ///
    /// # Errors
    /// Redis cannot be used.
    pub async fn resume(&self) -> Result<(), StreamError> {
        let mut delete = redis::cmd("DEL");
        delete.arg(self.settings().keys.paused());
        self.link().query::<()>(&delete).await?;
        self.link().hint(&self.settings().keys, "resumed").await;
        Ok(())
    }
}
