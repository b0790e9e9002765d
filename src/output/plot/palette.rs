//! Colours and strokes of lines, which people with any kind of colour vision can tell apart.

use plotters::style::RGBColor;

/// Largest number of lines in a picture: each colour is used once for a solid and once for a dashed line.
pub const MAX_SERIES: usize = 2 * COLOURS.len();

/// The six colours of Matthew A. Petroff, "Accessible Color Sequences for Data Visualization" (arXiv:2107.02270), with
/// black in place of its grey, which would look like a line of less weight.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0x57, 0x90, 0xfc),
    RGBColor(0xe4, 0x25, 0x36),
    RGBColor(0xf8, 0x9c, 0x20),
    RGBColor(0x33, 0x33, 0x33),
    RGBColor(0x7a, 0x21, 0xdd),
    RGBColor(0x96, 0x4a, 0x8b),
];

/// Brightness of the colour of a text relative to that of its line. Text needs more contrast with the background.
const TEXT_BRIGHTNESS: f64 = 0.66;

/// Colour and dashing of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    pub colour: RGBColor,
    pub dashed: bool,
}

impl Stroke {
    /// The stroke of the line with this index.
    pub(super) fn of(index: usize) -> Self {
        Self { colour: COLOURS[index % COLOURS.len()], dashed: index / COLOURS.len() % 2 == 1 }
    }

    /// The colour of the name of the line.
    pub(super) fn text_colour(self) -> RGBColor {
        let RGBColor(red, green, blue) = self.colour;
        let darker = |light: u8| (f64::from(light) * TEXT_BRIGHTNESS).round() as u8;
        RGBColor(darker(red), darker(green), darker(blue))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rgb = [f64; 3];

    /// Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009),
    /// severity 1.0: no red, no green, no blue cones.
    const COLOUR_VISION: [(&str, [Rgb; 3]); 4] = [
        ("normal", [[1., 0., 0.], [0., 1., 0.], [0., 0., 1.]]),
        (
            "protanopia",
            [
                [0.152286, 1.052583, -0.204868],
                [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ],
        ),
        (
            "deuteranopia",
            [
                [0.367322, 0.860646, -0.227968],
                [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ],
        ),
        (
            "tritanopia",
            [
                [1.255528, -0.076749, -0.178779],
                [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900],
            ],
        ),
    ];

    fn light(RGBColor(red, green, blue): RGBColor) -> Rgb {
        [red, green, blue].map(|value| {
            let value = f64::from(value) / 255.;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn seen_with(vision: &[Rgb; 3], light: Rgb) -> Rgb {
        vision.map(|row| (0..3).map(|at| row[at] * light[at]).sum::<f64>().clamp(0., 1.))
    }

    fn luminance([red, green, blue]: Rgb) -> f64 {
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// CIE 1976 L*a*b*, white point D65.
    fn lab([red, green, blue]: Rgb) -> Rgb {
        let f = |t: f64| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16. / 116. };
        let x = f((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047);
        let y = f(luminance([red, green, blue]));
        let z = f((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883);
        [116. * y - 16., 500. * (x - y), 200. * (y - z)]
    }

    #[test]
    fn any_two_colours_differ_with_every_kind_of_colour_vision() {
        for (name, vision) in &COLOUR_VISION {
            let seen = COLOURS.map(|colour| lab(seen_with(vision, light(colour))));
            for (index, one) in seen.iter().enumerate() {
                for other in &seen[..index] {
                    let distance = (0..3).map(|at| (one[at] - other[at]).powi(2)).sum::<f64>().sqrt();
                    assert!(distance > 20., "{name}: {distance}");
                }
            }
        }
    }

    /// WCAG 2.1 requires a contrast of 4.5 for text.
    #[test]
    fn names_have_enough_contrast_with_white() {
        for index in 0..COLOURS.len() {
            let contrast = 1.05 / (luminance(light(Stroke::of(index).text_colour())) + 0.05);
            assert!(contrast >= 4.5, "{index}: {contrast}");
        }
    }

    #[test]
    fn all_strokes_differ() {
        let strokes: std::collections::HashSet<_> = (0..MAX_SERIES)
            .map(Stroke::of)
            .map(|Stroke { colour: RGBColor(red, green, blue), dashed }| (red, green, blue, dashed))
            .collect();
        assert_eq!(strokes.len(), MAX_SERIES);
    }
}
