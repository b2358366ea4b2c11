//! Job ids whose status key lies beside the queue: on Redis Cluster a script may only touch keys of one slot.
//!
//! The last five hex digits of an id are exchanged for the next ones, counted upwards from its own, that lead its key
//! into the slot. 5 digits reach each slot in 47 to 85 ways, so about 5 of their 20 random bits are left; of a UUID v7
//! that is about 60 of 74, beside 48 bits of time, and its order by time is untouched.
//!
//! No search: CRC16 is linear, so the digits add (XOR) their own CRC16 to that of what stands before them, moved on by
//! five bytes. A table of four digits by slot, 192 KiB, made once, says which ones do what is needed behind each fifth.

use std::sync::LazyLock;

use crate::slot::{SLOTS, crc16};

/// How many digits are exchanged.
pub(crate) const DIGITS: usize = 5;

/// Values of one digit, and of the four behind it.
const ONE: u32 = 16;
const FOUR: usize = 1 << 16;

const HEX: &[u8; 16] = b"0123456789abcdef";

static TABLE: LazyLock<Table> = LazyLock::new(Table::make);

/// Four digits by the slot of their CRC16, sorted within it.
struct Table {
    /// Where the digits of each slot begin; one more than there are slots.
    starts: Vec<u32>,
    fours: Vec<u16>,
}

/// The five digits, as a number, that lead a key into `slot`: the next from `own` on, upwards, `00000` behind `fffff`.
/// `state` is the CRC16 of what stands before them.
pub(crate) fn next_digits(state: u16, slot: u16, own: u32) -> u32 {
    TABLE.next(state, slot, own)
}

impl Table {
    fn make() -> Self {
        let slots: Vec<u16> = (0..=u16::MAX).map(|four| slot_of(crc16(0, &hex_of_four(four)))).collect();
        let mut starts = vec![0_u32; usize::from(SLOTS) + 1];
        for slot in &slots {
            starts[usize::from(*slot) + 1] += 1;
        }
        for slot in 0..usize::from(SLOTS) {
            starts[slot + 1] += starts[slot];
        }
        let (mut next, mut fours) = (starts.clone(), vec![0; FOUR]);
        for (four, slot) in (0..=u16::MAX).zip(slots) {
            let place = &mut next[usize::from(slot)];
            fours[*place as usize] = four;
            *place += 1;
        }
        Self { starts, fours }
    }

    fn of(&self, slot: u16) -> &[u16] {
        let slot = usize::from(slot);
        &self.fours[self.starts[slot] as usize..self.starts[slot + 1] as usize]
    }

    fn next(&self, state: u16, slot: u16, own: u32) -> u32 {
        let (first, four) = (own / FOUR as u32, (own % FOUR as u32) as u16);
        // The first digit comes again at the end: for what lies below its own four.
        let found = (0..=ONE).find_map(|step| {
            let digit = (first + step) % ONE;
            let before = crc16(crc16(state, &HEX[digit as usize..][..1]), &[0; DIGITS - 1]);
            let fits = self.of(slot_of(before) ^ slot);
            let from = if step == 0 { fits.partition_point(|fit| *fit < four) } else { 0 };
            Some(digit * FOUR as u32 + u32::from(*fits.get(from)?))
        });
        found.expect("five hex digits reach each slot: a test tries all")
    }
}

/// Bits of a CRC16 that make the slot.
fn slot_of(crc: u16) -> u16 {
    crc % SLOTS
}

fn hex_of_four(four: u16) -> [u8; 4] {
    [12, 8, 4, 0].map(|bits| HEX[usize::from(four >> bits & 0xf)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_digits_reach_each_slot_in_47_to_85_ways() {
        let mut ways = vec![0; usize::from(SLOTS)];
        for five in 0..ONE * FOUR as u32 {
            ways[usize::from(slot_of(crc16(0, format!("{five:05x}").as_bytes())))] += 1;
        }
        assert_eq!((ways.iter().min(), ways.iter().max()), (Some(&47), Some(&85)));
        // What stands before the digits only shifts the slots: of 16,384 states each slot once is all there is.
        for slot in 0..SLOTS {
            assert!(next_digits(0, slot, 0) < ONE * FOUR as u32);
        }
    }

    #[test]
    fn the_next_digits_are_those_that_counting_upwards_finds() {
        let counted = |state: u16, slot: u16, own: u32| {
            let fits = |five: &u32| slot_of(crc16(state, format!("{five:05x}").as_bytes())) == slot;
            (0..ONE * FOUR as u32).map(|n| (own + n) % (ONE * FOUR as u32)).find(fits).unwrap_or(u32::MAX)
        };
        for (state, slot, own) in [
            (0, 0, 0),
            (0xbeef, 11_992, 0xfffff),
            (0x1d0f, 1, 0xffff0),
            (7, 16_383, 0x0ffff),
            (0x8000, 5, 0x5dead),
        ] {
            assert_eq!(next_digits(state, slot, own), counted(state, slot, own), "{state} {slot} {own:05x}");
        }
    }
}
