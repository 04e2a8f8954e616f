//! Where `bim dev` keeps its data.

use std::path::{Path, PathBuf};

/// The data directory, and how it came to be this one.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) data_dir: PathBuf,
    origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Given,
    Default,
    Temporary,
}

impl Home {
    /// The given directory, or this user's.
    pub(super) fn of(given: Option<PathBuf>) -> Self {
        match (given, default_dir()) {
            (Some(data_dir), _) => Self { data_dir, origin: Origin::Given },
            (None, Some(data_dir)) => Self { data_dir, origin: Origin::Default },
            (None, None) => Self::temporary(),
        }
    }

    /// A directory of this user among those that may be removed at any time.
    pub(super) fn temporary() -> Self {
        let user = std::env::var("USER").unwrap_or_default();
        let user: String =
            user.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        let name = if user.is_empty() { "bim-dev".to_owned() } else { format!("bim-dev-{user}") };
        Self { data_dir: std::env::temp_dir().join(name), origin: Origin::Temporary }
    }

    /// Whether nobody chose it, and another will do.
    pub(super) fn is_default(&self) -> bool {
        self.origin == Origin::Default
    }

    /// Makes the directory, for its owner only. What goes wrong is found out by the server.
    pub(super) fn make(&self) {
        if let Some(above) = self.data_dir.parent() {
            let _ = std::fs::create_dir_all(above);
        }
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let _ = builder.create(&self.data_dir);
    }

    /// A file in the directory, by a path that is right from anywhere.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        let path = self.data_dir.join(name);
        std::path::absolute(&path).unwrap_or(path)
    }
}

/// `bim/dev` where this user's programs keep their data.
pub(crate) fn default_dir() -> Option<PathBuf> {
    let variable =
        |name| std::env::var_os(name).map(PathBuf::from).filter(|path: &PathBuf| path.is_absolute());
    let data = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else {
        variable("XDG_DATA_HOME").or_else(|| Some(variable("HOME")?.join(".local").join("share")))
    };
    data.map(|data| data.join(Path::new("bim").join("dev")))
}
