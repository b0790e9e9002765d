//! Names at the ends of lines, moved apart where they would cover each other.

/// Where names go that want to be at `wanted`, each at least `gap` from the next and all between `top` and `bottom` (as
/// far as there is room). They keep their order and move as little as they can, by least squares: names that touch
/// form a block around the mean of what they want, as in the pooling of adjacent violators.
pub(super) fn spread(wanted: &[f64], gap: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<_> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));

    // With the gaps taken out, names may touch but not cross: a block is a mean and a size.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (index, &name) in order.iter().enumerate() {
        let mut block = (wanted[name] - index as f64 * gap, 1);
        while let Some(&(mean, size)) = blocks.last()
            && mean >= block.0
        {
            blocks.pop();
            let together = size + block.1;
            block = ((mean * size as f64 + block.0 * block.1 as f64) / together as f64, together);
        }
        blocks.push(block);
    }

    let last = bottom - wanted.len().saturating_sub(1) as f64 * gap;
    let means = blocks.iter().flat_map(|&(mean, size)| std::iter::repeat_n(mean, size));
    let mut places = vec![0.; wanted.len()];
    for (index, (name, mean)) in order.into_iter().zip(means).enumerate() {
        places[name] = mean.min(last).max(top) + index as f64 * gap;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn names_that_do_not_touch_stay_where_they_are() {
        assert_eq!(spread(&[50., 10., 30.], 20., 0., 100.), [50., 10., 30.]);
        assert_eq!(spread(&[], 20., 0., 100.), [0.; 0]);
    }

    #[test]
    fn names_that_touch_move_apart_around_their_middle() {
        assert_eq!(spread(&[50., 52.], 20., 0., 100.), [41., 61.]);
        assert_eq!(spread(&[50., 50., 50.], 10., 0., 100.), [40., 50., 60.]);
        // Without the gaps they want 50, 32 and 32, whose mean is 38.
        assert_eq!(spread(&[50., 52., 72.], 20., 0., 100.), [38., 58., 78.]);
    }

    #[test]
    fn names_stay_inside() {
        assert_eq!(spread(&[99., 100.], 20., 0., 100.), [80., 100.]);
        assert_eq!(spread(&[0., 1.], 20., 0., 100.), [0., 20.]);
    }
}
