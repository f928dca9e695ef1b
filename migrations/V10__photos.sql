-- Photos of listings, and what is known of the blobs that hold their bytes. Blobs
-- themselves lie in a folder or an S3 store, under the SHA-256 of their content.

-- A row stands here before its blob is stored and goes after its blob was deleted, so no
-- blob is ever forgotten.
create table blobs (
    sha256     bytea       primary key check (octet_length(sha256) = 32),
    bytes      bigint      not null check (bytes > 0),
    -- since when nothing refers to it; null when something does
    idle_since timestamptz,
    -- being deleted: nobody may begin to refer to it
    deleting   boolean     not null default false
);
create index blobs_idle on blobs (idle_since) where idle_since is not null;

create table photos (
    id          uuid        primary key,
    property_id uuid        not null references properties,
    -- from 0, without gaps; 0 is the cover
    position    int         not null check (position >= 0),
    caption     text        not null check (char_length(caption) <= 200),
    -- of what was uploaded, which is not kept
    sha256      bytea       not null check (octet_length(sha256) = 32),
    mime        text        not null,
    width       int         not null check (width > 0),
    height      int         not null check (height > 0),
    bytes       bigint      not null check (bytes > 0),
    -- what is shown
    thumb       bytea       not null references blobs,
    card        bytea       not null references blobs,
    full_size   bytea       not null references blobs,
    created_at  timestamptz not null,
    unique (property_id, sha256),
    unique (property_id, position) deferrable initially deferred
);
create index photos_by_content on photos (sha256);
create index photos_by_thumb on photos (thumb);
create index photos_by_card on photos (card);
create index photos_by_full_size on photos (full_size);

-- The version of a listing's photos, which goes up with every change of them. Its row is
-- what two changes of one list wait for: the listing's own row belongs to its entity.
create table photo_lists (
    property_id uuid primary key references properties,
    version     int  not null default 0
);
