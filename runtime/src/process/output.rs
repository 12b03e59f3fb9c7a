//! What a command writes: masked, kept up to a limit, shown line by line.

use crate::event::text;
use crate::secret::{MaskStream, Masker};

/// The longest line that is shown at once, in bytes.
const LINE_BYTES_MAX: usize = 4 << 10;

/// Both streams of one command.
pub(super) struct Output {
    streams: [Stream; 2],
    bytes_left: u64,
    /// How many bytes were dropped.
    pub(super) dropped: u64,
    /// How many bytes came.
    pub(super) received: u64,
}

/// One stream.
struct Stream {
    name: &'static str,
    mask: Option<MaskStream>,
    kept: Vec<u8>,
    /// The line that is not at its end.
    line: Vec<u8>,
}

impl Output {
    /// Keeps at most `bytes_max` of both streams together.
    pub(super) fn new(masker: &Masker, bytes_max: u64) -> Self {
        let stream = |name| Stream {
            name,
            mask: Some(masker.stream()),
            kept: Vec::new(),
            line: Vec::new(),
        };
        Self {
            streams: [stream("stdout"), stream("stderr")],
            bytes_left: bytes_max,
            dropped: 0,
            received: 0,
        }
    }

    /// Takes a piece of the stream: 0 is standard output, 1 standard error.
    pub(super) fn take(&mut self, stream: usize, piece: &[u8]) {
        self.received = self.received.saturating_add(piece.len() as u64);
        let Some(stream) = self.streams.get_mut(stream) else {
            return;
        };
        if let Some(mask) = &mut stream.mask {
            let masked = mask.push(piece);
            stream.keep(&masked, &mut self.bytes_left, &mut self.dropped);
        }
    }

    /// Ends both streams, and returns what was kept of them.
    pub(super) fn finish(mut self) -> (Vec<u8>, Vec<u8>, u64, u64) {
        for stream in &mut self.streams {
            if let Some(mask) = stream.mask.take() {
                let rest = mask.finish();
                stream.keep(&rest, &mut self.bytes_left, &mut self.dropped);
            }
            stream.show_rest();
        }
        let [stdout, stderr] = self.streams;
        (stdout.kept, stderr.kept, self.dropped, self.received)
    }
}

impl Stream {
    fn keep(&mut self, masked: &[u8], bytes_left: &mut u64, dropped: &mut u64) {
        let room = usize::try_from(*bytes_left).unwrap_or(usize::MAX).min(masked.len());
        let (kept, over) = masked.split_at_checked(room).unwrap_or((masked, &[]));
        *bytes_left = bytes_left.saturating_sub(kept.len() as u64);
        *dropped = dropped.saturating_add(over.len() as u64);
        self.kept.extend_from_slice(kept);
        // What is not kept is not shown either: a flood reaches nobody's screen.
        let mut pieces = kept.split(|byte| *byte == b'\n');
        if let Some(first) = pieces.next() {
            self.line.extend_from_slice(first);
        }
        for piece in pieces {
            self.show_rest();
            self.line.extend_from_slice(piece);
        }
        if self.line.len() > LINE_BYTES_MAX {
            self.show_rest();
        }
    }

    fn show_rest(&mut self) {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            let shown = text::bounded(&String::from_utf8_lossy(&line), LINE_BYTES_MAX);
            tracing::info!(target: "assize::command", stream = self.name, "{shown}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Output;
    use crate::secret::Masker;

    #[test]
    fn both_streams_share_one_limit_and_the_rest_is_counted() {
        let mut output = Output::new(&Masker::default(), 5);
        output.take(0, b"abc");
        output.take(1, b"de");
        output.take(0, b"fgh");
        let (stdout, stderr, dropped, received) = output.finish();
        assert_eq!(stdout.len() + stderr.len(), 5);
        assert_eq!((dropped, received), (3, 8));
    }
}
