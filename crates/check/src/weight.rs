//! What checks add to the weight of a server: exit statuses and numbers in files (`spec/checkers.md` sections 8.3
//! and 10).

use model::{FileCheck, Sense, ServerWeight};

/// What an exit status of a `misc_dynamic` script adds to the configured weight, so that a single such script
/// sets the weight to `status - 2`. Status 0 adds nothing; status 1 is a failure and is not asked here.
pub(crate) fn of_exit(status: u8, configured: ServerWeight) -> i64 {
    match status {
        0 | 1 => 0,
        status => i64::from(status) - 2 - i64::from(configured.value()),
    }
}

/// What a number in a tracked file adds to the weight; nothing if it means a fault.
///
/// The product is clamped to 32 bits, and the smallest number stands for a fault.
pub(crate) fn of_file(check: &FileCheck, value: i64) -> Option<i64> {
    let reverse = check.sense == Sense::Reverse;
    if check.weight == 0 {
        return ((value != 0) == reverse).then_some(0);
    }
    let weight = i64::from(check.weight);
    let product = value.saturating_mul(if reverse { -weight } else { weight });
    let status = product.clamp(i64::from(i32::MIN), i64::from(i32::MAX));
    (status != i64::from(i32::MIN)).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(weight: i32, sense: Sense) -> FileCheck {
        FileCheck {
            file: "F".to_owned(),
            weight,
            sense,
        }
    }

    #[test]
    fn exit_statuses_give_the_reference_weights() {
        let ten = ServerWeight::clamp(10);
        let total = |statuses: &[u8]| 10 + statuses.iter().map(|status| of_exit(*status, ten)).sum::<i64>();
        assert_eq!(total(&[0, 0]), 10);
        assert_eq!(total(&[20, 0]), 18);
        assert_eq!(total(&[20, 5]), 11);
    }

    #[test]
    fn numbers_in_files_give_the_reference_weights() {
        let one = file(1, Sense::Normal);
        assert_eq!(
            [5, -3, 0].map(|value| of_file(&one, value).map(|sum| 10 + sum)),
            [Some(15), Some(7), Some(10)]
        );
        assert_eq!(of_file(&one, i64::from(i32::MIN)), None);
        let reversed = file(2, Sense::Reverse);
        assert_eq!(
            [5, -3].map(|value| of_file(&reversed, value).map(|sum| 10 + sum)),
            [Some(0), Some(16)]
        );
        let huge = file(1_000_000_000, Sense::Normal);
        assert_eq!(of_file(&huge, 5), Some(i64::from(i32::MAX)));
        assert_eq!(of_file(&huge, -3), None);
        assert_eq!(of_file(&file(i32::MIN, Sense::Reverse), i64::MIN), None);
    }

    #[test]
    fn weight_zero_tells_zero_from_other_numbers() {
        let normal = file(0, Sense::Normal);
        assert_eq!((of_file(&normal, 0), of_file(&normal, 9)), (Some(0), None));
        let reversed = file(0, Sense::Reverse);
        assert_eq!((of_file(&reversed, 0), of_file(&reversed, 9)), (None, Some(0)));
    }
}
