//! Slots of Redis Cluster: which keys lie together.
//!
//! CRC16/XMODEM (polynomial 0x1021, begins with 0, nothing reflected) modulo 16,384, of the key or of its hash tag: what
//! stands between its first `{` and the next `}`, unless that is nothing. Source: the Redis Cluster specification.

/// How many slots there are.
pub const SLOTS: u16 = 16_384;

const POLYNOMIAL: u16 = 0x1021;

/// What each value of the highest byte does to the rest.
const STEPS: [u16; 256] = steps();

const fn steps() -> [u16; 256] {
    let mut steps = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut state = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            let carry = state & 0x8000 != 0;
            state <<= 1;
            if carry {
                state ^= POLYNOMIAL;
            }
            bit += 1;
        }
        steps[byte] = state;
        byte += 1;
    }
    steps
}

/// The slot of a key, 0 to 16,383.
pub fn key_slot(key: &[u8]) -> u16 {
    crc16(0, hash_tag(key).unwrap_or(key)) % SLOTS
}

/// CRC16/XMODEM of what led to `state`, followed by `bytes`.
pub(crate) fn crc16(state: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(state, |state, byte| (state << 8) ^ STEPS[usize::from((state >> 8) ^ u16::from(*byte))])
}

fn hash_tag(key: &[u8]) -> Option<&[u8]> {
    let behind = &key[key.iter().position(|byte| *byte == b'{')? + 1..];
    let length = behind.iter().position(|byte| *byte == b'}')?;
    (length > 0).then(|| &behind[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis_cluster() {
        // The check value of the CRC's catalogue, and CLUSTER KEYSLOT of Redis 7.0.15.
        assert_eq!(crc16(0, b"123456789"), 0x31c3);
        for (key, slot) in [
            ("", 0),
            ("foo", 12_182),
            ("{exports}", 11_992),
            ("exports", 11_992),
            ("{exports}:commands", 11_992),
            ("{}exports", 10_192),
            ("{exports", 2_171),
            ("a{b}{c}", 3_300),
            ("a{{b}c}", 6_215),
        ] {
            assert_eq!(key_slot(key.as_bytes()), slot, "{key}");
        }
    }
}
