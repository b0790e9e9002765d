//! Pictures: properties read from the SVG by an XML parser and from the pixels of the PNG.
#![cfg(feature = "plot")]

#[path = "common/table.rs"]
mod table;

use ngramcount::output::plot::{
    Axis, AxisScale, Chart, DataPoint, DataSeries, ImageFormat, MAX_SERIES, NumberFormat, PlotError, by_year,
};
use resvg::tiny_skia::Pixmap;
use resvg::usvg::roxmltree::Document;

use table::HandMade;

const TWELVE: [&str; 12] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// A count for each word in each of the years 1990 to 1999.
fn counts(words: &[&str]) -> HandMade {
    let rows: Vec<_> = (0..)
        .zip(words)
        .flat_map(|(place, word)| {
            (1990..2000).map(move |year| (*word, year, [1000 * place + u64::from(year), 0]))
        })
        .collect();
    let mut table = HandMade::by_year(&rows);
    table.columns.pop();
    table.numbers = match table.numbers {
        table::Numbers::Integers(rows) => {
            table::Numbers::Integers(rows.into_iter().map(|row| vec![row[0]]).collect())
        }
        reals => reals,
    };
    table
}

fn svg(chart: &Chart) -> String {
    String::from_utf8(ImageFormat::Svg.render(chart).unwrap().bytes).unwrap()
}

/// All texts of a picture. Fails if it is not well-formed XML.
fn texts(svg: &str) -> Vec<String> {
    let document = Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    texts.map(|node| node.text().unwrap().trim().to_owned()).collect()
}

fn points(chart: &Chart, series: usize) -> Vec<(f64, f64)> {
    chart.series[series].points.iter().map(|point| (point.x, point.y)).collect()
}

#[test]
fn a_picture_names_its_axes_and_every_word() {
    for size in 1..=TWELVE.len() {
        let words = &TWELVE[..size];
        let texts = texts(&svg(&by_year(&counts(words), None).unwrap()));
        for expected in words.iter().chain(&["Year", "Matches per year", "1990", "0"]) {
            assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
        }
    }
}

#[test]
fn shares_are_per_cent() {
    let chart = by_year(&HandMade::shares(&[("a", 1736, 1.7267e-5), ("a", 1737, 0.)]), None).unwrap();
    let texts = texts(&svg(&chart));
    for expected in ["Share of all matches in each year", "0%", "0.0015%"] {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
}

#[test]
fn years_without_a_row_are_zero_from_the_first_year_of_any_word_to_the_last() {
    let rows =
        [("a", 1900, 0.5), ("a", 1902, 0.25), ("b", 1899, 0.125), ("a", 1910, 1.0), ("b", 1911, 0.125)];
    let chart = by_year(&HandMade::shares(&rows), None).unwrap();
    let a = [
        (1899., 0.),
        (1900., 0.5),
        (1901., 0.),
        (1902., 0.25),
        (1903., 0.),
        (1909., 0.),
        (1910., 1.),
        (1911., 0.),
    ];
    assert_eq!(points(&chart, 0), a);
    assert_eq!(points(&chart, 1), [(1899., 0.125), (1900., 0.), (1910., 0.), (1911., 0.125)]);
}

#[test]
fn a_gap_of_billions_of_years_costs_no_memory() {
    let chart = by_year(&HandMade::shares(&[("a", 0, 0.5), ("a", u32::MAX, 0.5)]), None).unwrap();
    assert_eq!(chart.series[0].points.len(), 4);
    ImageFormat::Svg.render(&chart).unwrap();
}

#[test]
fn a_word_that_occurs_twice_in_the_answer_is_one_line() {
    let chart =
        by_year(&HandMade::shares(&[("a", 1900, 0.5), ("b", 1900, 0.1), ("a", 1900, 0.5)]), None).unwrap();
    assert_eq!(chart.series.len(), 2);
    assert_eq!(points(&chart, 0), [(1900., 0.5)]);
}

#[test]
fn each_reason_against_drawing_has_a_message() {
    let several = HandMade::by_year(&[("a", 1900, [1, 2])]);
    let cases = [
        (by_year(&several, None), "a picture shows one measure, and 2 were asked for"),
        (by_year(&HandMade::counts([("a", 1)]), None), "a picture needs an answer by years"),
        (by_year(&HandMade::shares(&[]), None), "there is nothing to draw: the answer has no rows"),
    ];
    for (chart, expected) in cases {
        assert_eq!(chart.unwrap_err().to_string(), expected);
    }
    let mut not_text = HandMade::shares(&[("a", 1900, 0.5)]);
    not_text.ngrams[0].0 = b"\xff".to_vec();
    let shown = by_year(&not_text, None).unwrap_err().to_string();
    assert!(shown.starts_with(r#"the n-gram "\xff" is not UTF-8, which a picture cannot hold"#), "{shown}");
}

#[test]
fn more_lines_than_the_limit_are_an_error() {
    assert_eq!(MAX_SERIES, TWELVE.len());
    let words: Vec<_> = TWELVE.into_iter().chain(["thirteen"]).collect();
    let refused = by_year(&counts(&words), None).unwrap_err();
    assert!(matches!(refused, PlotError::TooMany(13)));
    assert_eq!(refused.to_string(), "13 n-grams are too many for one picture, which has room for 12");
}

#[test]
fn words_with_special_characters_are_well_formed_xml_and_readable() {
    let words =
        ["<b>&\"'", "\0\u{1b}", "\u{85}\u{2028}", "\u{fffe}\u{ffff}", "]]>", "Где", "שלום", "  ", "日本"];
    let svg = svg(&by_year(&counts(&words), None).unwrap());
    let texts = texts(&svg);
    for expected in
        ["<b>&\"'", r"\u{0}\u{1b}", r"\u{85}\u{2028}", r"\u{fffe}\u{ffff}", "]]>", "Где", "שלום", "日本"]
    {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
    ImageFormat::Png.render(&by_year(&counts(&words), None).unwrap()).unwrap();
}

#[test]
fn a_long_name_is_shortened_at_the_line_and_complete_in_the_description() {
    let long = "five words of many letters ".repeat(10);
    let svg = svg(&by_year(&counts(&[&long, "short"]), None).unwrap());
    assert!(texts(&svg).iter().any(|text| text.starts_with("five words of many") && text.ends_with('…')));
    let document = Document::parse(&svg).unwrap();
    let description = document.descendants().find(|node| node.has_tag_name("desc")).unwrap();
    assert!(description.text().unwrap().contains(long.trim()));
}

#[test]
fn the_same_chart_gives_the_same_bytes() {
    let chart = by_year(&counts(&TWELVE), None).unwrap();
    for picture in [ImageFormat::Svg, ImageFormat::Png] {
        assert_eq!(picture.render(&chart).unwrap(), picture.render(&chart).unwrap());
    }
}

/// The font is built in. Without it the area of the headline would be white.
#[test]
fn the_pixels_show_the_headline_and_the_names() {
    let chart = by_year(&counts(&["queen", "quick"]), None).unwrap();
    let dots = Pixmap::decode_png(&ImageFormat::Png.render(&chart).unwrap().bytes).unwrap();
    assert_eq!((dots.width(), dots.height()), (1920, 1080));
    let is_dark = |x: u32, y: u32| dots.pixel(x, y).is_some_and(|dot| dot.alpha() == 255 && dot.red() < 100);
    let headline = (40..300).flat_map(|x| (30..90).map(move |y| (x, y)));
    assert!(headline.filter(|&(x, y)| is_dark(x, y)).count() > 1000);
    let names = (1780..1920).flat_map(|x| (0..1080).map(move |y| (x, y)));
    assert!(names.filter(|&(x, y)| is_dark(x, y)).count() > 200);
}

fn sweep() -> Chart {
    let series = |name: &str, seconds: f64| DataSeries {
        name: name.to_owned(),
        points: [10., 1000., 1e6]
            .map(|lines| DataPoint { x: lines, y: seconds, error: Some((seconds - 0.5, seconds + 0.5)) })
            .to_vec(),
        markers: true,
    };
    Chart {
        title: "Time by chunk size".to_owned(),
        size: None,
        x: Axis {
            title: "Lines in a chunk".to_owned(),
            scale: AxisScale::Log,
            numbers: NumberFormat::Quantities,
        },
        y: Axis {
            title: "Seconds".to_owned(),
            scale: AxisScale::FromZero,
            numbers: NumberFormat::Quantities,
        },
        series: vec![series("threads", 1.), series("processes", 2.)],
    }
}

#[test]
fn a_chart_can_have_a_log_axis_error_bars_and_markers() {
    let svg = svg(&sweep());
    let texts = texts(&svg);
    for expected in
        ["Time by chunk size", "Lines in a chunk", "Seconds", "threads", "10", "10,000", "1\u{a0}M"]
    {
        assert!(texts.iter().any(|text| text == expected), "{expected} in {texts:?}");
    }
    let document = Document::parse(&svg).unwrap();
    let across: Vec<f64> = (document.descendants())
        .filter(|node| node.has_tag_name("circle") && node.attribute("r") == Some("35"))
        .map(|node| node.attribute("cx").unwrap().parse().unwrap())
        .collect();
    assert_eq!(across.len(), 6);
    // 10 to 1000 is two decades, 1000 to a million three.
    let ratio = (across[1] - across[0]) / (across[2] - across[0]);
    assert!((ratio - 0.4).abs() < 0.001, "{ratio}");
}

#[test]
fn numbers_without_a_place_on_the_axis_are_an_error() {
    for (x, y) in [(0., 1.), (-1., 1.), (1., f64::NAN), (1., f64::INFINITY)] {
        let mut chart = sweep();
        chart.series[0].points[0] = DataPoint::new(x, y);
        assert!(matches!(ImageFormat::Svg.render(&chart), Err(PlotError::OffTheAxis(_))), "{x} {y}");
    }
}
