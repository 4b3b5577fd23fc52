//! People, their links and sessions. Secrets are looked up by their hash, as bearer keys are.

use async_trait::async_trait;
use atelier_domain::{AccountId, Email, LinkSecret, PersonId, Role, SessionSecret, Timestamp};
use futures_util::FutureExt as _;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteExecutor, SqlitePool};

use super::query::{Query, QueryError};
use super::writer::Survives;
use super::{SqliteStore, While as _, accounts, audit, billing, rows};
use crate::vault::hash_key;
use crate::{
    Act, AuditEntry, Link, LinkPurpose, NewLink, NewSession, Page, PasswordHash, People, Person, Session,
    Slice, StoreError,
};

#[async_trait]
impl People for SqliteStore {
    async fn people(&self, account: Option<AccountId>) -> Result<Vec<Person>, StoreError> {
        all(&self.readers, account).await.while_it_should("list people")
    }

    async fn person_by_email(&self, email: &Email) -> Result<Option<(Person, PasswordHash)>, StoreError> {
        by_email(&self.readers, email).await.while_it_should("find a person")
    }

    async fn set_role(&self, person: PersonId, role: Role, act: &Act) -> Result<Person, StoreError> {
        let act = *act;
        self.writer
            .apply(Survives::PowerLoss, "change a role", move |db| set_role(db, person, role, act).boxed())
            .await
    }

    async fn remove_person(&self, person: PersonId, act: &Act) -> Result<(), StoreError> {
        let act = *act;
        self.writer
            .apply(Survives::PowerLoss, "remove a person", move |db| remove(db, person, act).boxed())
            .await
    }

    async fn set_password(
        &self,
        person: PersonId,
        password: PasswordHash,
        keep: Option<&SessionSecret>,
        act: &Act,
    ) -> Result<(), StoreError> {
        let (act, keep) = (*act, keep.map(|secret| hash_key(secret.expose())));
        self.writer
            .apply(Survives::PowerLoss, "change a password", move |db| {
                set_password(db, person, password, keep, act).boxed()
            })
            .await
    }

    async fn make_link(&self, new: NewLink, act: &Act) -> Result<Link, StoreError> {
        let act = *act;
        self.writer.apply(Survives::PowerLoss, "make a link", move |db| make_link(db, new, act).boxed()).await
    }

    async fn link(&self, secret: &LinkSecret, now: Timestamp) -> Result<Option<Link>, StoreError> {
        link(&self.readers, &hash_key(secret.expose()), now).await.while_it_should("find a link")
    }

    async fn invites(&self, account: Option<AccountId>, now: Timestamp) -> Result<Vec<Link>, StoreError> {
        invites(&self.readers, account, now).await.while_it_should("list invitations")
    }

    async fn revoke_link(&self, account: Option<AccountId>, id: i64, act: &Act) -> Result<(), StoreError> {
        let act = *act;
        self.writer
            .apply(Survives::PowerLoss, "take an invitation back", move |db| {
                revoke_link(db, account, id, act).boxed()
            })
            .await
    }

    async fn use_link(
        &self,
        secret: &LinkSecret,
        email: Option<&Email>,
        password: PasswordHash,
        now: Timestamp,
    ) -> Result<Person, StoreError> {
        let (hash, email) = (hash_key(secret.expose()), email.cloned());
        self.writer
            .apply(Survives::PowerLoss, "use a link", move |db| {
                use_link(db, hash, email, password, now).boxed()
            })
            .await
    }

    async fn start_session(&self, new: NewSession, now: Timestamp) -> Result<(), StoreError> {
        self.writer
            .apply(Survives::PowerLoss, "start a session", move |db| start_session(db, new, now).boxed())
            .await
    }

    async fn person_of_session(
        &self,
        secret: &SessionSecret,
        now: Timestamp,
    ) -> Result<Option<Person>, StoreError> {
        let hash = hash_key(secret.expose());
        of_session(&self.readers, &hash, now).await.while_it_should("find a session")
    }

    async fn sessions(&self, person: PersonId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        sessions(&self.readers, person, now).await.while_it_should("list sessions")
    }

    async fn end_session(&self, secret: &SessionSecret) -> Result<(), StoreError> {
        let hash = hash_key(secret.expose());
        self.writer.apply(Survives::PowerLoss, "end a session", move |db| end_session(db, hash).boxed()).await
    }

    async fn end_sessions(&self, person: PersonId) -> Result<(), StoreError> {
        self.writer
            .apply(Survives::PowerLoss, "end sessions", move |db| end_sessions(db, person, None).boxed())
            .await
    }

    async fn audit(&self, account: AccountId, slice: &Slice) -> Result<Page<AuditEntry>, StoreError> {
        audit::page(&self.readers, account, slice).await.while_it_should("read the audit log")
    }
}

async fn all(db: &SqlitePool, account: Option<AccountId>) -> Query<Vec<Person>> {
    let sql = "SELECT * FROM person WHERE removed IS NULL AND (?1 IS NULL OR account = ?1) ORDER BY id";
    let found = sqlx::query(sql).bind(account.map(|id| id.to_string())).fetch_all(db).await?;
    Ok(found.iter().map(rows::person).collect::<Result<_, _>>()?)
}

async fn by_id(db: impl SqliteExecutor<'_>, id: PersonId) -> Query<Person> {
    let found = sqlx::query("SELECT * FROM person WHERE id = ? AND removed IS NULL").bind(id.0);
    Ok(rows::person(&found.fetch_optional(db).await?.ok_or(StoreError::NotFound("person"))?)?)
}

async fn by_email(db: &SqlitePool, email: &Email) -> Query<Option<(Person, PasswordHash)>> {
    let found = sqlx::query("SELECT * FROM person WHERE email = ? AND removed IS NULL").bind(email.as_str());
    let Some(found) = found.fetch_optional(db).await? else { return Ok(None) };
    Ok(Some((rows::person(&found)?, PasswordHash(found.try_get("password")?))))
}

/// Refuses a change after which an account that had an owner would have none.
async fn keep_an_owner(db: &mut SqliteConnection, account: AccountId) -> Query<()> {
    let sql = "SELECT count(*) FROM person WHERE account = ? AND role = 'owner' AND removed IS NULL";
    let owners: i64 = sqlx::query(sql).bind(account.to_string()).fetch_one(db).await?.try_get(0)?;
    if owners == 0 { Err(StoreError::LastOwner.into()) } else { Ok(()) }
}

async fn set_role(db: &mut SqliteConnection, id: PersonId, role: Role, act: Act) -> Query<Person> {
    let before = by_id(&mut *db, id).await?;
    if before.role == role {
        return Ok(before);
    }
    sqlx::query("UPDATE person SET role = ? WHERE id = ?")
        .bind(role.word())
        .bind(id.0)
        .execute(&mut *db)
        .await?;
    keep_an_owner(db, before.account).await?;
    let subject = format!("{} as {}", before.email, role.word());
    audit::record(db, before.account, "person.role", &subject, &act).await?;
    Ok(Person { role, ..before })
}

async fn remove(db: &mut SqliteConnection, id: PersonId, act: Act) -> Query<()> {
    let person = by_id(&mut *db, id).await?;
    sqlx::query("UPDATE person SET removed = ? WHERE id = ?")
        .bind(act.at.0)
        .bind(id.0)
        .execute(&mut *db)
        .await?;
    keep_an_owner(db, person.account).await?;
    end_sessions(db, id, None).await?;
    sqlx::query("DELETE FROM link WHERE person = ?").bind(id.0).execute(&mut *db).await?;
    audit::record(db, person.account, "person.remove", person.email.as_str(), &act).await
}

async fn set_password(
    db: &mut SqliteConnection,
    id: PersonId,
    password: PasswordHash,
    keep: Option<String>,
    act: Act,
) -> Query<()> {
    let person = by_id(&mut *db, id).await?;
    sqlx::query("UPDATE person SET password = ? WHERE id = ?")
        .bind(password.0)
        .bind(id.0)
        .execute(&mut *db)
        .await?;
    end_sessions(db, id, keep).await?;
    audit::record(db, person.account, "person.password", person.email.as_str(), &act).await
}

async fn make_link(db: &mut SqliteConnection, new: NewLink, act: Act) -> Query<Link> {
    if matches!(new.purpose, LinkPurpose::FirstRun { .. }) {
        let people: i64 = sqlx::query("SELECT count(*) FROM person").fetch_one(&mut *db).await?.try_get(0)?;
        if people > 0 {
            return Err(StoreError::Exists("person").into());
        }
        sqlx::query("DELETE FROM link WHERE purpose = 'first_run'").execute(&mut *db).await?;
    }
    let (word, account, role, unlimited, person) = match &new.purpose {
        LinkPurpose::FirstRun { unlimited } => ("first_run", None, None, *unlimited, None),
        LinkPurpose::Invite { account, role } => ("invite", *account, Some(*role), false, None),
        LinkPurpose::Reset(person) => ("reset", None, None, false, Some(by_id(&mut *db, *person).await?)),
    };
    let sql = "INSERT INTO link (hash, purpose, account, role, unlimited, note, person, created, expires)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *";
    let made = sqlx::query(sql)
        .bind(hash_key(new.secret.expose()))
        .bind(word)
        .bind(account.map(|account| account.to_string()))
        .bind(role.map(Role::word))
        .bind(unlimited)
        .bind(&new.note)
        .bind(person.as_ref().map(|person| person.id.0))
        .bind(act.at.0)
        .bind(new.expires.0)
        .fetch_one(&mut *db)
        .await
        .map_err(|error| QueryError::constraint(error, "link", "account"))?;
    let told = match (account, &person, role) {
        (Some(account), _, Some(role)) => {
            Some((account, "person.invite", format!("{} as {}", new.note, role.word())))
        }
        (_, Some(person), _) => Some((person.account, "person.reset", person.email.to_string())),
        _ => None,
    };
    if let Some((account, action, subject)) = told {
        audit::record(db, account, action, subject.trim(), &act).await?;
    }
    Ok(rows::link(&made)?)
}

async fn link(db: impl SqliteExecutor<'_>, hash: &str, now: Timestamp) -> Query<Option<Link>> {
    let sql = "SELECT * FROM link WHERE hash = ? AND expires > ?";
    let found = sqlx::query(sql).bind(hash).bind(now.0).fetch_optional(db).await?;
    Ok(found.as_ref().map(rows::link).transpose()?)
}

async fn invites(db: &SqlitePool, account: Option<AccountId>, now: Timestamp) -> Query<Vec<Link>> {
    let sql = "SELECT * FROM link WHERE account IS ? AND purpose = 'invite' AND expires > ? ORDER BY id";
    let found =
        sqlx::query(sql).bind(account.map(|account| account.to_string())).bind(now.0).fetch_all(db).await?;
    Ok(found.iter().map(rows::link).collect::<Result<_, _>>()?)
}

async fn revoke_link(db: &mut SqliteConnection, account: Option<AccountId>, id: i64, act: Act) -> Query<()> {
    let sql = "DELETE FROM link WHERE id = ? AND account IS ? AND purpose = 'invite' RETURNING note";
    let gone = sqlx::query(sql).bind(id).bind(account.map(|account| account.to_string()));
    let gone = gone.fetch_optional(&mut *db).await?;
    let note: String = gone.ok_or(StoreError::NotFound("invitation"))?.try_get("note")?;
    match account {
        Some(account) => audit::record(db, account, "person.uninvite", &note, &act).await,
        // There is no account yet in whose log it could stand.
        None => Ok(()),
    }
}

async fn use_link(
    db: &mut SqliteConnection,
    hash: String,
    email: Option<Email>,
    password: PasswordHash,
    now: Timestamp,
) -> Query<Person> {
    let link = link(&mut *db, &hash, now).await?.ok_or(StoreError::NotFound("link"))?;
    sqlx::query("DELETE FROM link WHERE id = ?").bind(link.id).execute(&mut *db).await?;
    let (account, role, operator, unlimited) = match link.purpose {
        LinkPurpose::Reset(person) => {
            set_password(db, person, password, None, Act::person(person, now)).await?;
            return by_id(db, person).await;
        }
        LinkPurpose::FirstRun { unlimited } => (None, Role::Owner, true, unlimited),
        LinkPurpose::Invite { account, role } => (account, role, false, false),
    };
    let email = email.ok_or(StoreError::NotFound("address"))?;
    let account = match account {
        Some(account) => account,
        None => account_of_their_own(db, &email, operator, now).await?,
    };
    if unlimited {
        billing::set_unlimited(db, account, true, &Act::operator(now)).await?;
    }
    let sql = "INSERT INTO person (account, email, password, role, operator, created) VALUES (?, ?, ?, ?, ?, ?) RETURNING *";
    let made = sqlx::query(sql)
        .bind(account.to_string())
        .bind(email.as_str())
        .bind(password.0)
        .bind(role.word())
        .bind(operator)
        .bind(now.0)
        .fetch_one(&mut *db)
        .await
        .map_err(|error| QueryError::constraint(error, "person", "account"))?;
    let person = rows::person(&made)?;
    let act = Act::person(person.id, now);
    audit::record(db, account, "person.join", &format!("{email} as {}", role.word()), &act).await?;
    Ok(person)
}

/// The account of an address. An operator takes over the one that the command line made; nobody else may.
async fn account_of_their_own(
    db: &mut SqliteConnection,
    email: &Email,
    operator: bool,
    now: Timestamp,
) -> Query<AccountId> {
    let found = sqlx::query("SELECT * FROM account WHERE email = ?").bind(email.as_str());
    match found.fetch_optional(&mut *db).await? {
        Some(found) if operator => Ok(rows::account(&found)?.id),
        Some(_) => Err(StoreError::Exists("account").into()),
        None => Ok(accounts::create(db, email.to_string(), now).await?.id),
    }
}

async fn start_session(db: &mut SqliteConnection, new: NewSession, now: Timestamp) -> Query<()> {
    sqlx::query("DELETE FROM session WHERE expires <= ?").bind(now.0).execute(&mut *db).await?;
    by_id(&mut *db, new.person).await?;
    sqlx::query("INSERT INTO session (hash, person, agent, started, expires) VALUES (?, ?, ?, ?, ?)")
        .bind(hash_key(new.secret.expose()))
        .bind(new.person.0)
        .bind(&new.agent)
        .bind(now.0)
        .bind(new.expires.0)
        .execute(db)
        .await?;
    Ok(())
}

async fn of_session(db: &SqlitePool, hash: &str, now: Timestamp) -> Query<Option<Person>> {
    let sql = "SELECT person.* FROM session JOIN person ON person.id = session.person
               WHERE session.hash = ? AND session.expires > ? AND person.removed IS NULL";
    let found = sqlx::query(sql).bind(hash).bind(now.0).fetch_optional(db).await?;
    Ok(found.as_ref().map(rows::person).transpose()?)
}

async fn sessions(db: &SqlitePool, person: PersonId, now: Timestamp) -> Query<Vec<Session>> {
    let sql = "SELECT * FROM session WHERE person = ? AND expires > ? ORDER BY id";
    let found = sqlx::query(sql).bind(person.0).bind(now.0).fetch_all(db).await?;
    Ok(found.iter().map(rows::session).collect::<Result<_, _>>()?)
}

async fn end_session(db: &mut SqliteConnection, hash: String) -> Query<()> {
    sqlx::query("DELETE FROM session WHERE hash = ?").bind(hash).execute(db).await?;
    Ok(())
}

async fn end_sessions(db: &mut SqliteConnection, person: PersonId, keep: Option<String>) -> Query<()> {
    let sql = "DELETE FROM session WHERE person = ?1 AND (?2 IS NULL OR hash <> ?2)";
    sqlx::query(sql).bind(person.0).bind(keep).execute(db).await?;
    Ok(())
}
