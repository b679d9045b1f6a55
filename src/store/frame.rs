//! Frames: how entries stand in a segment, so that whatever happens to the file the intact ones are found.
//!
//! ```text
//! magic 7 | version 1 | kind 1 | length 4 | key 32 | check of the head 4 | payload | check of all 16
//! ```
//!
//! Numbers are little-endian; checks are the first bytes of blake3. A frame whose check fails is skipped up to the next
//! magic. A frame that is cut off by the end of the file may still be being written: it is left for later.

use std::ops::Range;

use super::key::Key;

const MAGIC: [u8; 7] = [0xCA, 0x71, 0xA2, b'f', b'r', b'm', b'\n'];

/// The version of what the payloads are: raised when a stored type changes its shape. Frames of another version are
/// skipped.
pub const VERSION: u8 = 1;

/// Bytes before the payload.
pub const HEAD: usize = 7 + 1 + 1 + 4 + 32 + 4;
const HEAD_CHECK: usize = HEAD - 4;
const TAIL: usize = 16;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A whole run.
    Run = 1,
    /// What a list shows of a run, and where the whole of it is.
    Summary = 2,
    /// The state of a training after some epochs.
    Checkpoint = 3,
    /// The numbers of a picture.
    Inspection = 4,
    /// What a file asked for when it was last run.
    Memo = 5,
    /// A search in columns.
    Study = 6,
}

impl Kind {
    fn of(byte: u8) -> Option<Self> {
        [Kind::Run, Kind::Summary, Kind::Checkpoint, Kind::Inspection, Kind::Memo, Kind::Study]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

/// The bytes of a frame.
///
/// # Panics
/// When the payload has 4 GiB or more: callers store parts of one training.
pub fn encode(kind: Kind, key: &Key, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a payload is below 4 GiB");
    let mut bytes = Vec::with_capacity(HEAD + payload.len() + TAIL);
    bytes.extend(MAGIC);
    bytes.push(VERSION);
    bytes.push(kind as u8);
    bytes.extend(length.to_le_bytes());
    bytes.extend(key.0);
    let check = blake3::hash(&bytes);
    bytes.extend(&check.as_bytes()[..4]);
    bytes.extend(payload);
    let check = blake3::hash(&bytes);
    bytes.extend(&check.as_bytes()[..TAIL]);
    bytes
}

/// An intact frame in a slice of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it holds.
    pub kind: Kind,
    /// Under which key.
    pub key: Key,
    /// Where all of it is.
    pub whole: Range<usize>,
    /// Where the payload is.
    pub payload: Range<usize>,
}

/// What a slice of bytes holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The intact frames, in order.
    pub frames: Vec<Frame>,
    /// Bytes that belong to no intact frame.
    pub damaged: Vec<Range<usize>>,
    /// How many frames another version wrote.
    pub foreign: usize,
    /// Where to go on when the file has grown: the end, or where a frame begins that is cut off.
    pub end: usize,
}

enum At {
    Frame(Frame),
    Foreign(usize),
    /// The bytes end before the frame does.
    Cut,
    Damaged,
}

/// Find the frames in bytes.
pub fn scan(bytes: &[u8]) -> Scan {
    let mut scan = Scan::default();
    let mut at = 0;
    let mut cut = None;
    while at < bytes.len() {
        let next = match look(bytes, at) {
            At::Frame(frame) => {
                let next = frame.whole.end;
                scan.frames.push(frame);
                cut = None;
                next
            }
            At::Foreign(next) => {
                scan.foreign += 1;
                cut = None;
                next
            }
            found => {
                if matches!(found, At::Cut) && cut.is_none() {
                    cut = Some(at);
                }
                let next = magic(bytes, at + 1);
                match scan.damaged.last_mut() {
                    Some(last) if last.end == at => last.end = next,
                    _ => scan.damaged.push(at..next),
                }
                next
            }
        };
        at = next;
    }
    scan.end = bytes.len();
    if let Some(start) = cut {
        // Nothing intact follows: the cut is a tail. Bytes before it in the same stretch are damage.
        scan.end = start;
        scan.damaged.retain_mut(|range| {
            range.end = range.end.min(start);
            range.start < range.end
        });
    }
    scan
}

/// The payload of bytes that are one whole frame of this kind and key.
pub fn decode<'a>(bytes: &'a [u8], kind: Kind, key: &Key) -> Option<&'a [u8]> {
    match look(bytes, 0) {
        At::Frame(f) if f.kind == kind && f.key == *key && f.whole.end == bytes.len() => Some(&bytes[f.payload]),
        _ => None,
    }
}

fn look(bytes: &[u8], at: usize) -> At {
    let rest = &bytes[at..];
    let known = rest.len().min(MAGIC.len());
    if rest[..known] != MAGIC[..known] {
        return At::Damaged;
    }
    if rest.len() < HEAD {
        return At::Cut;
    }
    let check = blake3::hash(&rest[..HEAD_CHECK]);
    if rest[HEAD_CHECK..HEAD] != check.as_bytes()[..4] {
        return At::Damaged;
    }
    let length = u32::from_le_bytes([rest[9], rest[10], rest[11], rest[12]]) as usize;
    let end = HEAD + length;
    if rest.len() < end + TAIL {
        return At::Cut;
    }
    let check = blake3::hash(&rest[..end]);
    if rest[end..end + TAIL] != check.as_bytes()[..TAIL] {
        return At::Damaged;
    }
    let (true, Some(kind)) = (rest[7] == VERSION, Kind::of(rest[8])) else {
        return At::Foreign(at + end + TAIL);
    };
    let mut key = Key([0; 32]);
    key.0.copy_from_slice(&rest[13..45]);
    At::Frame(Frame { kind, key, whole: at..at + end + TAIL, payload: at + HEAD..at + end })
}

/// Where the next magic begins, or the part of one that the bytes end in; else the end.
fn magic(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(found) = bytes[at.min(bytes.len())..].iter().position(|&byte| byte == MAGIC[0]) {
        at += found;
        let known = (bytes.len() - at).min(MAGIC.len());
        if bytes[at..at + known] == MAGIC[..known] {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames(payloads: &[Vec<u8>]) -> (Vec<u8>, Vec<Range<usize>>) {
        let mut bytes = Vec::new();
        let mut ranges = Vec::new();
        for payload in payloads {
            let start = bytes.len();
            bytes.extend(encode(Kind::Run, &Key::of_bytes(payload), payload));
            ranges.push(start..bytes.len());
        }
        (bytes, ranges)
    }

    fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
        // Few byte values, the magic's among them, so that false beginnings are common.
        let byte = prop_oneof![Just(0xCA), Just(0x71), Just(0xA2), Just(b'\n'), any::<u8>()];
        prop::collection::vec(prop::collection::vec(byte, 0..60), 0..12)
    }

    fn found(bytes: &[u8]) -> Vec<Vec<u8>> {
        scan(bytes).frames.into_iter().map(|frame| bytes[frame.payload].to_vec()).collect()
    }

    proptest! {
        #[test]
        fn all_frames_are_found(payloads in payloads()) {
            let (bytes, _) = frames(&payloads);
            let scan = scan(&bytes);
            prop_assert_eq!(found(&bytes), payloads);
            prop_assert_eq!(scan.end, bytes.len());
            prop_assert!(scan.damaged.is_empty());
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let scan = scan(&bytes);
            prop_assert!(scan.end <= bytes.len());
        }

        #[test]
        fn flipped_bits_cost_only_the_frames_they_are_in(
            payloads in payloads(),
            flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8u8), 1..6),
        ) {
            let (mut bytes, ranges) = frames(&payloads);
            prop_assume!(!bytes.is_empty());
            let whole = bytes.clone();
            for (place, bit) in &flips {
                bytes[place.index(whole.len())] ^= 1 << bit;
            }
            let intact: Vec<_> = ranges
                .iter().zip(&payloads)
                .filter(|(range, _)| bytes[(*range).clone()] == whole[(*range).clone()])
                .map(|(_, payload)| payload.clone())
                .collect();
            prop_assert_eq!(found(&bytes), intact);
        }

        #[test]
        fn cut_out_bytes_cost_only_the_frames_they_are_in(
            payloads in payloads(),
            from in any::<prop::sample::Index>(),
            count in 1..200usize,
        ) {
            let (mut bytes, ranges) = frames(&payloads);
            prop_assume!(!bytes.is_empty());
            let start = from.index(bytes.len());
            let end = (start + count).min(bytes.len());
            bytes.drain(start..end);
            let intact: Vec<_> = ranges
                .iter().zip(&payloads)
                .filter(|(range, _)| range.end <= start || range.start >= end)
                .map(|(_, payload)| payload.clone())
                .collect();
            let found = found(&bytes);
            // Cutting between two copies of the same bytes can leave a whole frame made of both halves.
            let mut rest = found.iter();
            prop_assert!(intact.iter().all(|payload| rest.any(|f| f == payload)), "{found:?} lacks some of {intact:?}");
            prop_assert!(found.iter().all(|payload| payloads.contains(payload)));
        }

        #[test]
        fn garbage_between_frames_is_passed_over(
            payloads in payloads(),
            garbage in prop::collection::vec(any::<u8>(), 1..100),
            place in any::<prop::sample::Index>(),
        ) {
            let (bytes, ranges) = frames(&payloads);
            let at = place.index(ranges.len() + 1);
            let at = ranges.get(at).map_or(bytes.len(), |range| range.start);
            let mut bytes = bytes;
            bytes.splice(at..at, garbage);
            prop_assert_eq!(found(&bytes), payloads);
        }

        #[test]
        fn a_growing_file_is_read_in_parts(payloads in payloads(), at in any::<prop::sample::Index>()) {
            let (bytes, _) = frames(&payloads);
            let at = at.index(bytes.len() + 1);
            let first = scan(&bytes[..at]);
            prop_assert!(first.damaged.is_empty());
            let mut both = found(&bytes[..at]);
            both.extend(found(&bytes[first.end..]));
            prop_assert_eq!(both, payloads);
        }
    }

    #[test]
    fn frames_of_another_version_are_counted_and_skipped() {
        let key = Key::of_bytes(b"k");
        let mut other = encode(Kind::Run, &key, b"from tomorrow");
        other[7] = VERSION + 1;
        let check = blake3::hash(&other[..HEAD_CHECK]);
        other[HEAD_CHECK..HEAD].copy_from_slice(&check.as_bytes()[..4]);
        let end = other.len() - TAIL;
        let check = blake3::hash(&other[..end]);
        other[end..].copy_from_slice(&check.as_bytes()[..TAIL]);
        other.extend(encode(Kind::Run, &key, b"today"));
        let scan = scan(&other);
        assert_eq!((scan.foreign, scan.frames.len(), scan.damaged.len()), (1, 1, 0));
    }
}
