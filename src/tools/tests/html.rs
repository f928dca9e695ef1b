use crate::tools::html::{to_line, to_text};

#[test]
fn breaks_and_blocks_become_lines() {
    assert_eq!(to_text("one<br />two<br>three<BR/>four"), "one\ntwo\nthree\nfour");
    assert_eq!(to_text("one<br /><br /><br />two"), "one\n\ntwo");
    assert_eq!(to_text("<p>one</p><p>two</p>"), "one\n\ntwo");
    assert_eq!(to_text("<ul><li>tea</li><li>milk</li></ul>"), "tea\n\nmilk");
    assert_eq!(to_text("one\r\ntwo\r\n\r\n\r\n three "), "one\ntwo\n\nthree");
}

#[test]
fn other_tags_vanish_and_what_is_no_tag_stays() {
    assert_eq!(
        to_text("<b>The space</b>: <a href=\"https://x.example/?a=1\">big</a>"),
        "The space: big"
    );
    assert_eq!(to_text("we <3 you, 1 < 2 > 0, <- here"), "we <3 you, 1 < 2 > 0, <- here");
    assert_eq!(to_text("a <i"), "a <i");
    for cut in ["<", "<b", "<br", "<br ", "<br /", "<br />"] {
        assert_eq!(to_text(&format!("cut by length{cut}")), "cut by length");
    }
    assert_eq!(to_text("a<!-- not this -->b<!-- nor this"), "ab");
    assert_eq!(to_text("a<script>if (x) { y() }</script>b<style>p{}"), "ab");
    assert_eq!(to_text("mail <anna@example.com> now"), "mail <anna@example.com> now");
}

#[test]
fn entities_are_decoded_once_and_after_the_tags() {
    assert_eq!(
        to_text("Fish &amp; Chips &#8364;5 &#x1F3E1; caf&eacute;"),
        "Fish & Chips €5 🏡 café"
    );
    assert_eq!(to_text("&lt;b&gt; &amp;lt;"), "<b> &lt;");
    assert_eq!(
        to_text("&unknown; R&B; a & b &#xD800; &#99999999; &"),
        "&unknown; R&B; a & b &#xD800; &#99999999; &"
    );
    assert_eq!(to_text("é&é;é&aaaaaaaaaaé;"), "é&é;é&aaaaaaaaaaé;");
}

#[test]
fn control_characters_are_gone() {
    assert_eq!(to_text("a\0b\u{7}c&#0;d\te"), "abcd e");
    assert_eq!(to_line(" a \n b<br />c\u{a0}d "), "a b c d");
}
