//! What can be given as an app id.

use bim_types::{AppId, IdError};

/// What can be given as an app id: an [`AppId`], or a number from 1.
pub trait IntoAppId: sealed::Sealed {
    /// The app id.
    ///
    /// # Errors
    ///
    /// [`IdError::ZeroAppId`] for 0.
    fn into_app_id(self) -> Result<AppId, IdError>;
}

impl IntoAppId for AppId {
    fn into_app_id(self) -> Result<AppId, IdError> {
        Ok(self)
    }
}

impl IntoAppId for u32 {
    fn into_app_id(self) -> Result<AppId, IdError> {
        AppId::new(self)
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for bim_types::AppId {}
    impl Sealed for u32 {}
}
