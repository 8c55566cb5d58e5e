//! Percentiles, exactly, by a radix select on bits: two sweeps over the numbers and no sorting.

/// Bits that a sweep tells apart.
const DIGIT: u32 = 16;
const DIGITS: usize = 1 << DIGIT;

/// The numbers at these places of the ascending order, the first at 0; places beyond the last are the last.
///
/// Numbers are f32 that are not negative, as bits, whose order is that of the numbers.
///
/// # Panics
/// If there are places but no numbers.
#[must_use]
pub fn select(magnitudes: &[u32], places: &[usize]) -> Vec<f32> {
    let mut upper = vec![0u32; DIGITS];
    for bits in magnitudes {
        upper[(bits >> DIGIT) as usize] += 1;
    }
    // For each place, its upper digit and its place among those that have it.
    let found: Vec<(usize, usize)> =
        places.iter().map(|&place| digit_of(&upper, place.min(magnitudes.len() - 1))).collect();
    let mut sweeps: Vec<(usize, Vec<u32>)> = Vec::new();
    for &(digit, _) in &found {
        if sweeps.iter().all(|sweep| sweep.0 != digit) {
            sweeps.push((digit, vec![0; DIGITS]));
        }
    }
    for &bits in magnitudes {
        let digit = (bits >> DIGIT) as usize;
        if let Some((_, lower)) = sweeps.iter_mut().find(|sweep| sweep.0 == digit) {
            lower[bits as usize % DIGITS] += 1;
        }
    }
    let bits = found.iter().map(|&(digit, place)| {
        let lower = sweeps.iter().find(|sweep| sweep.0 == digit).map_or(0, |(_, lower)| digit_of(lower, place).0);
        (digit << DIGIT | lower) as u32
    });
    bits.map(f32::from_bits).collect()
}

/// The digit of the number at a place, and its place among those of that digit.
fn digit_of(counts: &[u32], mut place: usize) -> (usize, usize) {
    for (digit, &count) in counts.iter().enumerate() {
        if place < count as usize {
            return (digit, place);
        }
        place -= count as usize;
    }
    (counts.len() - 1, 0)
}

/// Percentiles of numbers that are not negative, as bits: at p·(n − 1)/100 of the ascending order, between two numbers in
/// proportion, as `numpy.percentile` does. Zeros if there are no numbers.
#[must_use]
pub fn percentiles<const N: usize>(magnitudes: &[u32], p: [f64; N]) -> [f64; N] {
    if magnitudes.is_empty() {
        return [0.0; N];
    }
    let last = (magnitudes.len() - 1) as f64;
    let at = p.map(|p| (p / 100.0 * last).clamp(0.0, last));
    let places: Vec<usize> = at.iter().flat_map(|&at| [at as usize, at as usize + 1]).collect();
    let ends = select(magnitudes, &places);
    let mut i = 0;
    at.map(|at| {
        let (low, high) = (f64::from(ends[2 * i]), f64::from(ends[2 * i + 1]));
        i += 1;
        low + (high - low) * (at - libm::floor(at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn percentiles_are_numpys() {
        let bits: Vec<u32> = [4.0f32, 1.0, 3.0, 2.0].map(f32::to_bits).to_vec();
        assert_eq!(percentiles(&bits, [0.0, 50.0, 75.0, 100.0]), [1.0, 2.5, 3.25, 4.0]);
        assert_eq!(percentiles(&bits[..1], [99.0]), [4.0]);
        assert_eq!(percentiles(&[], [50.0]), [0.0]);
    }

    proptest! {
        #[test]
        fn a_place_is_that_of_the_sorted_numbers(
            mut numbers in prop::collection::vec(prop_oneof![0f32..1.0, 0f32..1e30, Just(0.0), Just(1e-45)], 1..300),
            place in 0usize..300,
        ) {
            let bits: Vec<u32> = numbers.iter().map(|x| x.to_bits()).collect();
            numbers.sort_unstable_by(f32::total_cmp);
            let expected = numbers[place.min(numbers.len() - 1)];
            prop_assert_eq!(select(&bits, &[0, place]), [numbers[0], expected]);
        }
    }
}
