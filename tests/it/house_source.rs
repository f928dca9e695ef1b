//! As much of Rust's grammar as it takes to tell code from comments and literals.

/// A source text taken apart.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// The code: comments are gone, literals are empty.
    pub(crate) code: String,
    /// The contents of the string literals.
    pub(crate) strings: Vec<String>,
}

/// Takes a text apart.
pub(crate) fn read(text: &str) -> Source {
    let chars: Vec<char> = text.chars().collect();
    let mut source = Source::default();
    let mut at = 0;
    while at < chars.len() {
        at = match (chars[at], chars.get(at + 1)) {
            ('/', Some('/')) => end_of_line(&chars, at),
            ('/', Some('*')) => end_of_comment(&chars, at),
            ('"', _) => string(&chars, at, &mut source),
            ('r', Some('"' | '#')) if !in_word(&chars, at) => raw(&chars, at, &mut source),
            ('\'', _) => quote(&chars, at, &mut source),
            (other, _) => {
                source.code.push(other);
                at + 1
            }
        };
    }
    source
}

fn in_word(chars: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| chars[before]);
    // The b of a raw byte string is a word of its own.
    before.is_some_and(|c| (c.is_alphanumeric() || c == '_') && c != 'b')
}

fn end_of_line(chars: &[char], from: usize) -> usize {
    (from..chars.len()).find(|at| chars[*at] == '\n').unwrap_or(chars.len())
}

fn end_of_comment(chars: &[char], from: usize) -> usize {
    let (mut depth, mut at) = (0, from);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string(chars: &[char], from: usize, source: &mut Source) -> usize {
    let (mut content, mut at) = (String::new(), from + 1);
    while at < chars.len() && chars[at] != '"' {
        let escaped = chars[at] == '\\';
        content.push(chars[at]);
        at += if escaped { 2 } else { 1 };
    }
    source.code.push_str("\"\"");
    source.strings.push(content);
    at + 1
}

fn raw(chars: &[char], from: usize, source: &mut Source) -> usize {
    let hashes = chars[from + 1..].iter().take_while(|c| **c == '#').count();
    let open = from + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        // A raw identifier.
        source.code.push('r');
        return from + 1;
    }
    let closes = |at: usize| {
        chars[at] == '"'
            && chars[at + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes
    };
    let close = (open + 1..chars.len()).find(|at| closes(*at)).unwrap_or(chars.len());
    source.code.push_str("\"\"");
    source.strings.push(chars[open + 1..close].iter().collect());
    close + 1 + hashes
}

/// A character, or the name of a lifetime.
fn quote(chars: &[char], from: usize, source: &mut Source) -> usize {
    let close = match (chars.get(from + 1), chars.get(from + 2)) {
        (Some('\\'), _) => (from + 3..chars.len()).find(|at| chars[*at] == '\''),
        (_, Some('\'')) => Some(from + 2),
        _ => None,
    };
    source.code.push('\'');
    close.map_or(from + 1, |close| close + 1)
}
