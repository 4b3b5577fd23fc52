//! What a query function returns, so that the query says why and its caller says while doing what.

use sqlx::error::ErrorKind;

use crate::StoreError;

/// The result of a function that talks to the database.
pub(super) type Query<T> = Result<T, QueryError>;

/// Why a query did not do it.
#[derive(Debug)]
pub(super) enum QueryError {
    /// The database could not.
    Database(sqlx::Error),
    /// It may not be.
    Refused(StoreError),
}

impl QueryError {
    /// Reads a violated uniqueness as "this `exists` exists already" and a dangling reference as "there is
    /// no such `missing`".
    pub(super) fn constraint(error: sqlx::Error, exists: &'static str, missing: &'static str) -> Self {
        match error.as_database_error().map(sqlx::error::DatabaseError::kind) {
            Some(ErrorKind::UniqueViolation) => Self::Refused(StoreError::Exists(exists)),
            Some(ErrorKind::ForeignKeyViolation) => Self::Refused(StoreError::NotFound(missing)),
            _ => Self::Database(error),
        }
    }

    /// The error for the caller, who knows what was being done.
    pub(super) fn while_it_should(self, doing: &'static str) -> StoreError {
        match self {
            Self::Database(source) => StoreError::Database { doing, source: Box::new(source) },
            Self::Refused(refusal) => refusal,
        }
    }
}

impl From<sqlx::Error> for QueryError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for QueryError {
    fn from(refusal: StoreError) -> Self {
        Self::Refused(refusal)
    }
}

impl From<atelier_domain::IllegalTransition> for QueryError {
    fn from(illegal: atelier_domain::IllegalTransition) -> Self {
        Self::Refused(illegal.into())
    }
}
