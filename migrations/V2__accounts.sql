-- People, their devices, and the keys that access tokens are signed with.

create table users (
    id            uuid        primary key,
    email         text        not null,
    name          text        not null,
    password_hash text        not null,
    roles         text[]      not null,
    version       int         not null default 1,
    created_at    timestamptz not null,
    updated_at    timestamptz not null
);
create unique index users_by_email on users (lower(email));

-- A signed-in device: one family of rotating refresh tokens.
create table sessions (
    id         uuid        primary key,
    user_id    uuid        not null references users,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index sessions_of_user on sessions (user_id);
-- Every server follows what was revoked, every other second.
create index sessions_revoked on sessions (revoked_at) where revoked_at is not null;

-- Refresh tokens by their digest. A used one keeps its successor, sealed, so that the
-- same client may ask twice within the grace time and get the same answer.
create table refresh_tokens (
    digest     bytea       primary key,
    session_id uuid        not null references sessions,
    created_at timestamptz not null,
    used_at    timestamptz,
    successor  bytea,
    successor_digest bytea,
    check ((used_at is null) = (successor is null)),
    check ((used_at is null) = (successor_digest is null))
);

-- Signing keys, sealed by server.secret.
create table signing_keys (
    kid        text        primary key,
    sealed     bytea       not null,
    public     bytea       not null,
    created_at timestamptz not null
);
