//! A root by halving, where there is no closed form.

/// The last `x` on the side of `inside` at which `is_inside` holds, to the last bit.
///
/// `is_inside` must hold from `inside` to one border, and from there to `outside` no more. If it holds up to `outside`
/// or nowhere, the answer is that end.
pub(super) fn bisect(mut inside: f64, mut outside: f64, is_inside: impl Fn(f64) -> bool) -> f64 {
    loop {
        let middle = 0.5 * (inside + outside);
        if middle == inside || middle == outside {
            return middle;
        }
        if is_inside(middle) {
            inside = middle;
        } else {
            outside = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_border_is_found_to_the_last_bit_from_either_side() {
        let root = bisect(0.0, 2.0, |x| x * x <= 2.0);
        assert!((root - std::f64::consts::SQRT_2).abs() <= f64::EPSILON);
        let root = bisect(2.0, 0.0, |x| x * x >= 2.0);
        assert!((root - std::f64::consts::SQRT_2).abs() <= f64::EPSILON);
    }

    #[test]
    fn without_a_border_the_answer_is_an_end() {
        assert!((bisect(1.0, 3.0, |_| true) - 3.0).abs() < 1e-15);
        assert!((bisect(1.0, 3.0, |_| false) - 1.0).abs() < 1e-15);
    }
}
