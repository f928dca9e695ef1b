//! The other peer: tantivy's own parts, put together as its examples do: ranges, predicates,
//! fuzzy terms, aggregations. It has no geography; distance is a predicate.

use std::ops::Bound;

use jiff::civil::Date;
use rentezy::domain::area::distance_m;
use rentezy::domain::area::{Area, Circle};
use rentezy::domain::listing::Location;
use rentezy::search::Availability;
use serde_json::json;
use tantivy::aggregation::AggregationCollector;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::doc_predicate_query::{DocPredicateQuery, FunctionPredicate};
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, FuzzyTermQuery, Query, RangeQuery,
    TermQuery,
};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TEXT, Value,
};
use tantivy::{
    DocAddress, Index, IndexReader, Order, Searcher, SegmentReader, TantivyDocument, Term,
};

use super::corpus::Home;
use super::questions::Question;
use super::support::Result;

/// Metres around the centre in the example.
const RADIUS_M: f64 = 5_000.0;

/// Bytes for the writer.
const WRITER_BYTES: usize = 200_000_000;

#[derive(Clone, Copy)]
struct Fields {
    title: Field,
    description: Field,
    city: Field,
    price: Field,
    currency: Field,
    beds: Field,
    lat: Field,
    lon: Field,
    created: Field,
    slot: Field,
    amenities: Field,
    kind: Field,
}

/// The index, and the same table of nights as ours.
pub(crate) struct Stock {
    reader: IndexReader,
    fields: Fields,
    nights: Availability,
    _folder: tempfile::TempDir,
}

impl Stock {
    /// Writes all homes.
    ///
    /// # Errors
    /// When the index cannot be written.
    pub(crate) fn fill(homes: impl Iterator<Item = Home>, today: Date) -> Result<Self> {
        let mut builder = Schema::builder();
        let fields = Fields {
            title: builder.add_text_field("title", TEXT | STORED),
            description: builder.add_text_field("description", TEXT | STORED),
            city: builder.add_text_field("city", TEXT | STORED),
            price: builder.add_u64_field("price", FAST | INDEXED | STORED),
            currency: builder.add_text_field("currency", STRING),
            beds: builder.add_u64_field("beds", FAST | INDEXED),
            lat: builder.add_f64_field("lat", FAST | INDEXED),
            lon: builder.add_f64_field("lon", FAST | INDEXED),
            created: builder.add_u64_field("created", FAST),
            slot: builder.add_u64_field("slot", FAST),
            amenities: builder.add_text_field("amenities", STRING | FAST),
            kind: builder.add_text_field("kind", STRING | FAST),
        };
        let folder = tempfile::tempdir()?;
        let index = Index::create_in_dir(folder.path(), builder.build())?;
        let mut writer = index.writer_with_num_threads(2, WRITER_BYTES)?;
        let nights = Availability::new(today);
        for home in homes {
            let (doc, mut row) = (&home.doc, TantivyDocument::default());
            row.add_text(fields.title, &doc.title);
            row.add_text(fields.description, &doc.description);
            row.add_text(fields.city, &doc.city);
            row.add_u64(fields.price, u64::try_from(doc.price.amount)?);
            row.add_text(fields.currency, doc.price.currency.code());
            row.add_u64(fields.beds, doc.beds.into());
            row.add_f64(fields.lat, doc.lat);
            row.add_f64(fields.lon, doc.lon);
            row.add_u64(fields.created, u64::try_from(home.number)?);
            row.add_u64(fields.slot, u64::try_from(home.number)?);
            for amenity in &doc.amenities {
                row.add_text(fields.amenities, amenity);
            }
            row.add_text(fields.kind, &doc.kind);
            writer.add_document(row)?;
            nights.set(u32::try_from(home.number)?, &home.taken);
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        Ok(Self { reader: index.reader()?, fields, nights, _folder: folder })
    }

    fn word(&self, word: &str) -> Box<dyn Query> {
        self.in_fields(|field| {
            let term = Term::from_field_text(field, word);
            Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
        })
    }

    fn in_fields(&self, query: impl Fn(Field) -> Box<dyn Query>) -> Box<dyn Query> {
        let Fields { title, city, description, .. } = self.fields;
        let fields = [(title, 3.0), (city, 2.0), (description, 1.0)];
        let queries = fields.map(|(field, weight)| -> Box<dyn Query> {
            Box::new(BoostQuery::new(query(field), weight))
        });
        Box::new(BooleanQuery::union(queries.into()))
    }

    fn top(&self, query: &dyn Query) -> Result<usize> {
        let searcher = self.reader.searcher();
        let found = searcher.search(query, &TopDocs::with_limit(20).order_by_score())?;
        self.texts(&searcher, found.into_iter().map(|(_, address)| address))
    }

    /// Reads what is shown of results; how many have a title.
    fn texts(&self, searcher: &Searcher, found: impl Iterator<Item = DocAddress>) -> Result<usize> {
        let mut titles = 0;
        for address in found {
            let document: TantivyDocument = searcher.doc(address)?;
            let title = document.get_first(self.fields.title).and_then(|title| title.as_str());
            titles += usize::from(title.is_some());
        }
        Ok(titles)
    }

    /// Two words, top 20.
    pub(crate) fn text(&self, asked: &Question) -> Result<usize> {
        let words = asked.words.iter().map(|word| self.word(word)).collect();
        self.top(&BooleanQuery::intersection(words))
    }

    /// Two mistyped words, top 20; all spellings score alike.
    pub(crate) fn typo(&self, asked: &Question) -> Result<usize> {
        let words = asked.typos.iter().map(|word| {
            self.in_fields(|field| {
                let term = Term::from_field_text(field, word);
                // The rule of Meilisearch, as ours.
                let distance = if word.chars().count() >= 9 { 2 } else { 1 };
                Box::new(FuzzyTermQuery::new(term, distance, true))
            })
        });
        self.top(&BooleanQuery::intersection(words.collect()))
    }

    /// The newest 20.
    pub(crate) fn newest(&self) -> Result<usize> {
        let newest = TopDocs::with_limit(20).order_by_fast_field::<u64>("created", Order::Desc);
        let searcher = self.reader.searcher();
        let found = searcher.search(&AllQuery, &newest)?;
        self.texts(&searcher, found.into_iter().map(|(_, address)| address))
    }

    /// All facets of all homes.
    pub(crate) fn facets(&self) -> Result<usize> {
        let facets = json!({
            "amenities": { "terms": { "field": "amenities", "size": 100 } },
            "kind": { "terms": { "field": "kind" } },
            "beds": { "terms": { "field": "beds" } },
        });
        let facets: Aggregations = serde_json::from_value(facets)?;
        let facets = AggregationCollector::from_aggs(facets, Default::default());
        Ok(self.reader.searcher().search(&AllQuery, &facets)?.0.len())
    }

    /// The nearest 20 with enough beds, by looking at all.
    pub(crate) fn nearest(&self, asked: &Question) -> Result<usize> {
        let beds = Term::from_field_u64(self.fields.beds, asked.beds.into());
        let beds = RangeQuery::new(Bound::Included(beds), Bound::Unbounded);
        let centre = asked.centre;
        let nearest = TopDocs::with_limit(20).tweak_score(move |segment: &SegmentReader| {
            let fast = segment.fast_fields();
            let columns = fast.f64("lat").ok().zip(fast.f64("lon").ok());
            move |doc, _| {
                let point = columns.as_ref().and_then(|(lat, lon)| {
                    Some(Location { lat: lat.first(doc)?, lon: lon.first(doc)? })
                });
                point.map_or(f64::NEG_INFINITY, |point| -distance_m(centre, point))
            }
        });
        let searcher = self.reader.searcher();
        let found = searcher.search(&beds, &nearest)?;
        self.texts(&searcher, found.into_iter().map(|(_, address)| address))
    }

    /// The original's example with facets; how many match. As ours does, it counts for each
    /// choice what it would give: with the bounds of the price left aside that is a search of its
    /// own, since aggregations see only what matches.
    pub(crate) fn example(&self, asked: &Question) -> Result<usize> {
        let plain = self.example_plain(asked, false)?;
        let prices = AggregationCollector::from_aggs(prices(asked)?, Default::default());
        let query = self.conditions(asked, false, false)?;
        self.reader.searcher().search(&query, &prices)?;
        Ok(plain)
    }

    /// The same, with the prices of its results only. All conditions are one conjunction, as
    /// tantivy's examples have them, or with `apart` the filters are one of their own beside the
    /// word, which is walked only where the word occurs.
    pub(crate) fn example_plain(&self, asked: &Question, apart: bool) -> Result<usize> {
        let query = self.conditions(asked, true, apart)?;
        let facets = json!({
            "amenities": { "terms": { "field": "amenities", "size": 100 } },
            "kind": { "terms": { "field": "kind" } },
            "beds": { "terms": { "field": "beds" } },
        });
        let mut facets: Aggregations = serde_json::from_value(facets)?;
        facets.extend(prices(asked)?);
        let facets = AggregationCollector::from_aggs(facets, Default::default());
        let top = TopDocs::with_limit(20).order_by_score();
        let searcher = self.reader.searcher();
        let (count, found, _) = searcher.search(&query, &(Count, top, facets))?;
        self.texts(&searcher, found.into_iter().map(|(_, address)| address))?;
        Ok(count)
    }

    fn conditions(&self, asked: &Question, priced: bool, apart: bool) -> Result<BooleanQuery> {
        let fields = self.fields;
        let circle = Circle::new(asked.centre, RADIUS_M)?;
        let bounds = Area::Circle(circle).bounds();
        let degrees = |field, from: f64, to: f64| -> Box<dyn Query> {
            let bound = |degrees| Bound::Included(Term::from_field_f64(field, degrees));
            Box::new(RangeQuery::new(bound(from), bound(to)))
        };
        let currency = Term::from_field_text(fields.currency, asked.currency.code());
        let mut parts: Vec<Box<dyn Query>> = vec![
            degrees(fields.lat, bounds.south(), bounds.north()),
            degrees(fields.lon, bounds.west(), bounds.east()),
            Box::new(TermQuery::new(currency, IndexRecordOption::Basic)),
            near(circle),
            self.free(asked),
        ];
        if priced {
            let bound = |price| Bound::Included(Term::from_field_u64(fields.price, price));
            let (min, max) = asked.price;
            parts.push(Box::new(RangeQuery::new(bound(min), bound(max))));
        }
        for amenity in &asked.amenities {
            let term = Term::from_field_text(fields.amenities, amenity);
            parts.push(Box::new(TermQuery::new(term, IndexRecordOption::Basic)));
        }
        let [word, _] = &asked.words;
        Ok(if apart {
            let filters = ConstScoreQuery::new(Box::new(BooleanQuery::intersection(parts)), 0.0);
            BooleanQuery::intersection(vec![self.word(word), Box::new(filters)])
        } else {
            parts.push(self.word(word));
            BooleanQuery::intersection(parts)
        })
    }

    /// Free on the nights.
    fn free(&self, asked: &Question) -> Box<dyn Query> {
        let (nights, wanted) = (self.nights.clone(), asked.nights);
        let free = FunctionPredicate::from(move |segment: &SegmentReader| {
            let (slot, nights) = (segment.fast_fields().u64("slot")?, nights.clone());
            Ok(move |doc| {
                let slot = slot.first(doc).and_then(|slot| u32::try_from(slot).ok());
                slot.is_some_and(|slot| nights.is_free(slot, wanted))
            })
        });
        Box::new(DocPredicateQuery::from(free))
    }
}

/// In the circle.
fn near(circle: Circle) -> Box<dyn Query> {
    let near = FunctionPredicate::from(move |segment: &SegmentReader| {
        let fast = segment.fast_fields();
        let (lat, lon) = (fast.f64("lat")?, fast.f64("lon")?);
        Ok(move |doc| {
            let point = lat.first(doc).zip(lon.first(doc));
            point.is_some_and(|(lat, lon)| circle.contains(Location { lat, lon }))
        })
    });
    Box::new(DocPredicateQuery::from(near))
}

/// Homes by their price.
fn prices(asked: &Question) -> Result<Aggregations> {
    let (min, max) = asked.price;
    let step = ((max - min) / 20).max(1);
    // Only steps that have homes: one that is far dearer than all others would have it count, and
    // refuse, all that lie between.
    let steps = json!({ "field": "price", "interval": step, "min_doc_count": 1 });
    let prices = json!({ "price": { "histogram": steps } });
    Ok(serde_json::from_value(prices)?)
}
