//! The peer: Postgres with `tsvector`, `pg_trgm` and PostGIS, indexed for every question.

use futures_util::{SinkExt, pin_mut};
use rentezy::storage::pool::Database;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use super::corpus::Home;
use super::questions::Question;
use super::support::Result;

/// Bytes of rows that are sent at once.
const PIECE_BYTES: usize = 256 << 10;

/// Homes, their stays, and the words that they use.
const TABLES: &str = "
    create extension if not exists pg_trgm;
    create extension if not exists postgis;
    create unlogged table homes (
        id int primary key, title text not null, description text not null, city text not null,
        kind text not null, currency text not null, price bigint not null, beds int not null,
        amenities text[] not null, lat float8 not null, lon float8 not null,
        created timestamptz not null,
        spot geography(point) not null generated always as
            (st_setsrid(st_makepoint(lon, lat), 4326)::geography) stored,
        words tsvector not null generated always as (
            setweight(to_tsvector('simple', title), 'A')
            || setweight(to_tsvector('simple', city), 'B')
            || setweight(to_tsvector('simple', description), 'C')) stored);
    create unlogged table stays (home int not null, during daterange not null);
";

const INDEXES: &str = "
    create index on homes using gin (words);
    create index on homes using gist (spot);
    create index on homes using gin (amenities);
    create index on homes (created desc);
    create index on homes (currency, price);
    create index on stays (home);
    create unlogged table vocabulary as
        select word, ndoc from ts_stat('select words from homes');
    create index on vocabulary using gin (word gin_trgm_ops);
    create index on vocabulary (word text_pattern_ops);
    vacuum analyze homes, stays, vocabulary;
";

const TEXT: &str = "
    select h.id, title, description, city, price from homes h, to_tsquery('simple', $1) q
    where h.words @@ q order by ts_rank(h.words, q) desc, h.id limit 20";

/// Each word is replaced by the eight nearest of the vocabulary.
const TYPO: &str = "
    with near as (select (select string_agg(word, ' | ') from (
            select word from vocabulary where word % w order by similarity(word, w) desc limit 8) x)
        as words from unnest($1::text[]) w),
    asked as (select to_tsquery('simple', string_agg('(' || words || ')', ' & ')) as q from near)
    select h.id, title, description, city, price from homes h, asked
    where h.words @@ asked.q order by ts_rank(h.words, asked.q) desc, h.id limit 20";

const EXAMPLE: &str = "
    with hits as materialized (
        select h.id, h.beds, h.price, h.amenities, ts_rank(h.words, q) as rank
        from homes h, to_tsquery('simple', $1) q
        where h.words @@ q
            and st_dwithin(h.spot, st_setsrid(st_makepoint($2, $3), 4326)::geography, 5000)
            and h.currency = $4 and h.price between $5 and $6 and h.amenities @> $7
            and not exists (select from stays s
                where s.home = h.id and s.during && daterange($8, $9)))
    select (select count(*) from hits),
        (select json_agg(json_build_array(title, description, city, h.price))
            from (select id from hits order by rank desc, id limit 20) t join homes h using (id))::text,
        (select json_object_agg(a, n) from (
            select a, count(*) as n from hits, unnest(amenities) a group by a) f)::text,
        (select json_object_agg(beds, n) from (
            select beds, count(*) as n from hits group by beds) f)::text,
        (select json_object_agg(b, n) from (
            select width_bucket(price, $5, $6 + 1, 20) as b, count(*) as n
            from hits group by b) f)::text";

const NEAREST: &str = "
    select id, title, description, city, price from homes where beds >= $3
    order by spot <-> st_setsrid(st_makepoint($1, $2), 4326)::geography limit 20";

const NEWEST: &str = "
    select id, title, description, city, price from homes order by created desc limit 20";

const FACETS: &str = "
    select (select json_object_agg(a, n) from (
            select a, count(*) as n from homes, unnest(amenities) a group by a) f)::text,
        (select json_object_agg(beds, n) from (
            select beds, count(*) as n from homes group by beds) f)::text,
        (select json_object_agg(kind, n) from (
            select kind, count(*) as n from homes group by kind) f)::text";

const SUGGEST: &str = "
    select word, ndoc from vocabulary where word like $1 || '%' order by ndoc desc limit 10";

/// A connection with all statements prepared.
pub(crate) struct Postgres {
    client: Client,
    text: Statement,
    typo: Statement,
    example: Statement,
    nearest: Statement,
    newest: Statement,
    facets: Statement,
    suggest: Statement,
}

/// Fills the tables.
pub(crate) struct Filling(Client);

impl Filling {
    /// Makes them.
    ///
    /// # Errors
    /// When the database refuses, for one that it has no PostGIS.
    pub(crate) async fn begin(database: &Database) -> Result<Self> {
        let session = "-c statement_timeout=0 -c jit=off -c max_parallel_workers_per_gather=0 -c work_mem=64MB \
            -c maintenance_work_mem=512MB -c plan_cache_mode=force_custom_plan";
        let client = database.connect(session).await?;
        let made = client.batch_execute(TABLES).await;
        made.map_err(|error| format!("{error:?} (Debian: postgresql-15-postgis-3)"))?;
        Ok(Self(client))
    }

    /// Writes all homes, makes the indexes and prepares the statements.
    ///
    /// # Errors
    /// When the database refuses.
    pub(crate) async fn fill(self, homes: impl Iterator<Item = Home>) -> Result<Postgres> {
        let client = self.0;
        let (mut rows, mut nights) = (String::new(), String::new());
        for home in homes {
            write_home(&home, &mut rows, &mut nights);
            if rows.len() > PIECE_BYTES {
                send(&client, HOMES, &mut rows).await?;
                send(&client, STAYS, &mut nights).await?;
            }
        }
        send(&client, HOMES, &mut rows).await?;
        send(&client, STAYS, &mut nights).await?;
        for statement in INDEXES.split(';').filter(|statement| !statement.trim().is_empty()) {
            client.batch_execute(statement).await?;
        }
        Ok(Postgres {
            text: client.prepare(TEXT).await?,
            typo: client.prepare(TYPO).await?,
            example: client.prepare(EXAMPLE).await?,
            nearest: client.prepare(NEAREST).await?,
            newest: client.prepare(NEWEST).await?,
            facets: client.prepare(FACETS).await?,
            suggest: client.prepare(SUGGEST).await?,
            client,
        })
    }
}

const HOMES: &str = "copy homes (id, title, description, city, kind, currency, price, beds, \
    amenities, lat, lon, created) from stdin";
const STAYS: &str = "copy stays from stdin";

/// A row in the text format of COPY.
fn write_home(home: &Home, rows: &mut String, nights: &mut String) {
    let text = |text: &str| {
        text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
    };
    let doc = &home.doc;
    // An element of an array is quoted, and then the array is a text like any other.
    let quoted = |name: &String| format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    let amenities: Vec<String> = doc.amenities.iter().map(quoted).collect();
    let fields = [
        home.number.to_string(),
        text(&doc.title),
        text(&doc.description),
        text(&doc.city),
        doc.kind.clone(),
        doc.price.currency.code().to_owned(),
        doc.price.amount.to_string(),
        doc.beds.to_string(),
        text(&format!("{{{}}}", amenities.join(","))),
        doc.lat.to_string(),
        doc.lon.to_string(),
        doc.created.to_string(),
    ];
    rows.push_str(&fields.join("\t"));
    rows.push('\n');
    for taken in &home.taken {
        let (from, to) = (taken.check_in(), taken.check_out());
        nights.push_str(&format!("{}\t[{from},{to})\n", home.number));
    }
}

async fn send(client: &Client, statement: &str, rows: &mut String) -> Result<()> {
    let sink = client.copy_in(statement).await?;
    pin_mut!(sink);
    sink.send(bytes::Bytes::from(std::mem::take(rows))).await?;
    sink.finish().await?;
    Ok(())
}

impl Postgres {
    async fn ask(&self, statement: &Statement, values: &[&(dyn ToSql + Sync)]) -> Result<usize> {
        Ok(self.client.query(statement, values).await?.len())
    }

    /// Two words, top 20.
    pub(crate) async fn text(&self, asked: &Question) -> Result<usize> {
        self.ask(&self.text, &[&asked.words.join(" & ")]).await
    }

    /// Two mistyped words, top 20.
    pub(crate) async fn typo(&self, asked: &Question) -> Result<usize> {
        self.ask(&self.typo, &[&asked.typos.as_slice()]).await
    }

    /// The original's example with facets; how many match.
    pub(crate) async fn example(&self, asked: &Question) -> Result<usize> {
        let [word, _] = &asked.words;
        let price = |price: u64| i64::try_from(price).unwrap_or(i64::MAX);
        let (min, max) = (price(asked.price.0), price(asked.price.1));
        let (from, to) = (asked.nights.check_in(), asked.nights.check_out());
        let values: [&(dyn ToSql + Sync); 9] = [
            word,
            &asked.centre.lon,
            &asked.centre.lat,
            &asked.currency.code(),
            &min,
            &max,
            &asked.amenities,
            &from,
            &to,
        ];
        let row = self.client.query_one(&self.example, &values).await?;
        Ok(usize::try_from(row.get::<_, i64>(0))?)
    }

    /// The nearest 20 with enough beds.
    pub(crate) async fn nearest(&self, asked: &Question) -> Result<usize> {
        let beds = i32::try_from(asked.beds)?;
        self.ask(&self.nearest, &[&asked.centre.lon, &asked.centre.lat, &beds]).await
    }

    /// The newest 20.
    pub(crate) async fn newest(&self) -> Result<usize> {
        self.ask(&self.newest, &[]).await
    }

    /// All facets of all homes.
    pub(crate) async fn facets(&self) -> Result<usize> {
        self.ask(&self.facets, &[]).await
    }

    /// The ten commonest words with a beginning.
    pub(crate) async fn suggest(&self, asked: &Question) -> Result<usize> {
        self.ask(&self.suggest, &[&asked.prefix]).await
    }

    /// Bytes of all tables with their indexes.
    pub(crate) async fn bytes(&self) -> Result<i64> {
        let query = "select sum(pg_total_relation_size(c.oid))::int8 from pg_class c
            where relname in ('homes', 'stays', 'vocabulary')";
        Ok(self.client.query_one(query, &[]).await?.get(0))
    }
}
