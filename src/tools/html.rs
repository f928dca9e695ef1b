//! Plain text out of the scraps of HTML that hosts' descriptions hold.
//!
//! Not a parser of pages: it knows the tags that make a line end, drops other tags and
//! decodes entities, once. What is not a tag (`<3`, `a < b`) stays as it was written.

/// Elements whose start and end are a line's end.
const BLOCKS: &[&str] = &["br", "p", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "hr"];

/// Elements whose content is not text.
const HIDDEN: &[&str] = &["script", "style"];

/// A line break as sources write it.
const BREAK: &str = "<br />";

/// The longest tag that is looked for, in bytes; beyond it a `<` is taken for text.
const TAG_MAX: usize = 300;

/// The longest entity between `&` and `;`, in bytes.
const ENTITY_MAX: usize = 10;

/// Named entities that listings use: those of XML, spaces and punctuation, and Latin
/// letters. Others stay as written.
const ENTITIES: &[(&str, &str)] = &[
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("ensp", " "),
    ("emsp", " "),
    ("thinsp", " "),
    ("shy", ""),
    ("ndash", "–"),
    ("mdash", "—"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("laquo", "«"),
    ("raquo", "»"),
    ("hellip", "…"),
    ("bull", "•"),
    ("middot", "·"),
    ("euro", "€"),
    ("pound", "£"),
    ("deg", "°"),
    ("sup2", "²"),
    ("frac12", "½"),
    ("times", "×"),
    ("copy", "©"),
    ("reg", "®"),
    ("trade", "™"),
    ("aacute", "á"),
    ("agrave", "à"),
    ("acirc", "â"),
    ("auml", "ä"),
    ("ccedil", "ç"),
    ("eacute", "é"),
    ("egrave", "è"),
    ("ecirc", "ê"),
    ("euml", "ë"),
    ("iacute", "í"),
    ("iuml", "ï"),
    ("ntilde", "ñ"),
    ("oacute", "ó"),
    ("ocirc", "ô"),
    ("ouml", "ö"),
    ("uacute", "ú"),
    ("ugrave", "ù"),
    ("uuml", "ü"),
    ("szlig", "ß"),
];

/// The text of a scrap of HTML: tags gone, entities decoded, spaces and blank lines
/// collapsed, control characters removed.
pub(super) fn to_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = whole_tags(html);
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(rest.get(..at).unwrap_or_default());
        let tail = rest.get(at..).unwrap_or_default();
        rest = if tail.starts_with('<') { tag(tail, &mut text) } else { entity(tail, &mut text) };
    }
    text.push_str(rest);
    tidied(&text)
}

/// The text without the beginning of a line break at its very end: sources cut descriptions
/// by length, tags included.
fn whole_tags(html: &str) -> &str {
    let cut = html.rfind('<').filter(|at| {
        let tail = html.get(*at..).unwrap_or_default();
        tail.len() < BREAK.len() && BREAK.starts_with(tail)
    });
    cut.and_then(|at| html.get(..at)).unwrap_or(html)
}

/// One line of text: as [`to_text`], with line ends as spaces.
pub(super) fn to_line(html: &str) -> String {
    to_text(html).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads what begins with `<`; returns what follows it.
fn tag<'a>(tail: &'a str, text: &mut String) -> &'a str {
    if let Some(comment) = tail.strip_prefix("<!--") {
        return comment.split_once("-->").map_or("", |(_, after)| after);
    }
    let inside = tail.strip_prefix('<').unwrap_or_default();
    let named = inside.strip_prefix('/').unwrap_or(inside);
    let name_end = named.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(named.len());
    let (name, attributes) = named.split_at(name_end);
    let end = attributes.find('>').filter(|end| *end <= TAG_MAX);
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let fits = attributes.starts_with(|c: char| c.is_whitespace() || matches!(c, '/' | '>'));
    let (Some(end), true, true) = (end, is_name, fits) else {
        text.push('<');
        return inside;
    };
    let name = name.to_ascii_lowercase();
    if BLOCKS.contains(&name.as_str()) {
        text.push('\n');
    }
    let after = attributes.get(end + 1..).unwrap_or_default();
    if HIDDEN.contains(&name.as_str()) && !inside.starts_with('/') {
        return skip_to_end(after, &name);
    }
    after
}

/// What follows the end tag of an element whose content is not text.
fn skip_to_end<'a>(content: &'a str, name: &str) -> &'a str {
    let end = format!("</{name}");
    let at = content.to_ascii_lowercase().find(&end);
    at.and_then(|at| content.get(at..)).and_then(|tail| tail.split_once('>')).map_or("", |t| t.1)
}

/// Reads what begins with `&`; returns what follows it.
fn entity<'a>(tail: &'a str, text: &mut String) -> &'a str {
    let inside = tail.strip_prefix('&').unwrap_or_default();
    let Some((name, after)) = inside.split_once(';').filter(|(name, _)| name.len() <= ENTITY_MAX)
    else {
        text.push('&');
        return inside;
    };
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        if let Some(letter) = code.ok().and_then(char::from_u32) {
            text.push(letter);
            return after;
        }
    } else if let Some((_, letter)) = ENTITIES.iter().find(|(known, _)| *known == name) {
        text.push_str(letter);
        return after;
    }
    text.push('&');
    inside
}

/// Lines trimmed, runs of spaces made one, at most one blank line in a row, none at the
/// ends. Postgres refuses NUL and screens show other control characters as rubbish.
fn tidied(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut blank = false;
    for line in text.split('\n') {
        let clean: String = line.chars().filter(|c| c.is_whitespace() || !c.is_control()).collect();
        let mut words = clean.split_whitespace();
        let Some(first) = words.next() else {
            blank = true;
            continue;
        };
        if !tidy.is_empty() {
            tidy.push_str(if blank { "\n\n" } else { "\n" });
        }
        blank = false;
        tidy.push_str(first);
        for word in words {
            tidy.push(' ');
            tidy.push_str(word);
        }
    }
    tidy
}
