//! Where one request ends and the next begins, by the strict rules (RFC 9112 §2.2, §5.2, §6): what two programs in a row could read
//! in two ways is refused before it is read at all.
//!
//! The HTTP library below is lenient where the standard lets it be: it takes a bare LF for the end of a line, and a
//! `Transfer-Encoding` over a `Content-Length` beside it. A proxy in front may decide otherwise, and then the rest of a body is a
//! request to one of the two (request smuggling). So every byte passes here first; the first one that is wrong is made one that no
//! parser takes, and nothing after it is handed on. The library answers 400 and closes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A line that is longer is left to the library, which has refused the head by then.
const LONGEST_LINE: usize = 64 * 1024;
/// Takes the place of the first wrong byte: allowed in no part of a head and in no chunk's size.
const SPOILT: u8 = 0;

/// A connection whose reading side is looked through.
pub(super) struct Strict<S> {
    stream: S,
    framing: Framing,
    is_spoilt: bool,
}

impl<S> Strict<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            framing: Framing::default(),
            is_spoilt: false,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Strict<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_spoilt {
            // The end of the stream, for whoever still reads.
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let wrong = match buffer.filled().get(before..) {
            Some(new) => self.framing.first_wrong(new),
            None => None,
        };
        if let Some(at) = wrong {
            self.is_spoilt = true;
            if let Some(byte) = buffer.filled_mut().get_mut(before + at) {
                *byte = SPOILT;
            }
            buffer.set_filled(before + at + 1);
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Strict<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    /// Before a request's first line.
    #[default]
    Between,
    /// The lines of a head.
    Head,
    /// So many bytes of a body that said how long it is.
    Body(u64),
    /// The line with a chunk's size.
    ChunkSize,
    /// So many bytes of a chunk.
    Chunk(u64),
    /// The empty line behind a chunk.
    ChunkEnd,
    /// The lines behind the last chunk.
    Trailer,
}

/// How a head says that its body is delimited.
#[derive(Clone, Copy, Debug, Default)]
struct Body {
    length: Option<u64>,
    is_chunked: bool,
}

#[derive(Debug, Default)]
struct Framing {
    part: Part,
    body: Body,
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
}

/// Something that can be read in two ways.
struct Ambiguous;

impl Framing {
    /// The place of the first byte that must not be handed on.
    fn first_wrong(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let passed = match self.part {
                Part::Body(left) => self.skip(left, rest.len(), Part::Body, Part::Between),
                Part::Chunk(left) => self.skip(left, rest.len(), Part::Chunk, Part::ChunkEnd),
                _ => match self.take_line(rest) {
                    Ok(passed) => passed,
                    Err(wrong) => return Some(at + wrong),
                },
            };
            at += passed;
        }
        None
    }

    fn skip(&mut self, left: u64, here: usize, more: fn(u64) -> Part, then: Part) -> usize {
        let here = u64::try_from(here).unwrap_or(u64::MAX);
        let passed = left.min(here);
        self.part = match left - passed {
            0 => then,
            left => more(left),
        };
        // It was a length in memory.
        usize::try_from(passed).unwrap_or(usize::MAX)
    }

    /// Reads to the end of a line; how many bytes that were, or the place of the wrong one.
    fn take_line(&mut self, rest: &[u8]) -> Result<usize, usize> {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            if self.line.len() + rest.len() <= LONGEST_LINE {
                self.line.extend_from_slice(rest);
            }
            return Ok(rest.len());
        };
        let here = rest.get(..end).unwrap_or_default();
        // Most lines come whole, and need not be put together.
        let mut begun = std::mem::take(&mut self.line);
        let line = if begun.is_empty() {
            here
        } else {
            begun.extend_from_slice(here);
            &begun
        };
        let Some(text) = line.strip_suffix(b"\r") else {
            return Err(end);
        };
        if text.contains(&b'\r') || self.judge(text).is_err() {
            return Err(end);
        }
        begun.clear();
        self.line = begun;
        Ok(end + 1)
    }

    /// Judges a whole line, without its end.
    fn judge(&mut self, line: &[u8]) -> Result<(), Ambiguous> {
        match self.part {
            // Empty lines before a request are allowed.
            Part::Between if line.is_empty() => {}
            Part::Between => {
                self.body = Body::default();
                self.part = Part::Head;
            }
            Part::Head if line.is_empty() => self.part = self.after_head(),
            Part::Head => self.field(line)?,
            Part::ChunkSize => {
                self.part = match chunk_size(line)? {
                    0 => Part::Trailer,
                    size => Part::Chunk(size),
                };
            }
            Part::ChunkEnd if line.is_empty() => self.part = Part::ChunkSize,
            Part::ChunkEnd => return Err(Ambiguous),
            Part::Trailer if line.is_empty() => self.part = Part::Between,
            Part::Trailer | Part::Body(_) | Part::Chunk(_) => {}
        }
        Ok(())
    }

    fn after_head(&self) -> Part {
        match self.body {
            Body {
                is_chunked: true, ..
            } => Part::ChunkSize,
            Body {
                length: None | Some(0),
                ..
            } => Part::Between,
            Body {
                length: Some(length),
                ..
            } => Part::Body(length),
        }
    }

    fn field(&mut self, line: &[u8]) -> Result<(), Ambiguous> {
        // A line that begins with a space goes on from the one before, for some.
        if line
            .first()
            .is_some_and(|byte| matches!(byte, b' ' | b'\t'))
        {
            return Err(Ambiguous);
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) = line
            .split_at_checked(colon.ok_or(Ambiguous)?)
            .ok_or(Ambiguous)?;
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        // A name with a space at its end is another name to some.
        let named = name.trim_ascii();
        let is_length = named.eq_ignore_ascii_case(b"content-length");
        let is_coding = named.eq_ignore_ascii_case(b"transfer-encoding");
        if !is_length && !is_coding {
            return Ok(());
        }
        let said_before = self.body.length.is_some() || self.body.is_chunked;
        if said_before || named.len() != name.len() {
            return Err(Ambiguous);
        }
        if is_length {
            self.body.length = Some(number(value, 10)?);
        } else if value.eq_ignore_ascii_case(b"chunked") {
            self.body.is_chunked = true;
        } else {
            return Err(Ambiguous);
        }
        Ok(())
    }
}

fn chunk_size(line: &[u8]) -> Result<u64, Ambiguous> {
    let size = line.split(|byte| *byte == b';').next().unwrap_or_default();
    number(size.trim_ascii_end(), 16)
}

/// Digits and nothing else: no sign, no second number, no space.
fn number(digits: &[u8], radix: u32) -> Result<u64, Ambiguous> {
    let text = std::str::from_utf8(digits).map_err(|_| Ambiguous)?;
    if !text.chars().all(|digit| digit.is_digit(radix)) {
        return Err(Ambiguous);
    }
    u64::from_str_radix(text, radix).map_err(|_| Ambiguous)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where it goes wrong, read in one piece; the same must come of it byte by byte.
    fn wrong(text: &str) -> Option<usize> {
        let at_once = Framing::default().first_wrong(text.as_bytes());
        let mut framing = Framing::default();
        let bit_by_bit = text
            .as_bytes()
            .chunks(1)
            .position(|byte| framing.first_wrong(byte).is_some());
        assert_eq!(at_once, bit_by_bit, "{text:?}");
        at_once
    }

    #[test]
    fn requests_in_good_form_pass_one_after_the_other() {
        for text in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "\r\nPOST / HTTP/1.1\r\ncontent-length: 4\r\n\r\na\nb\rPOST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=\"y\"\r\na\n\r\n \r\n0\r\nT: x\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked \r\n\r\n00A\r\n0123456789\r\n0\r\n\r\n",
        ] {
            assert_eq!(wrong(text), None, "{text:?}");
        }
    }

    #[test]
    fn x10_what_can_be_read_in_two_ways_is_not_handed_on() {
        for (head, bad) in [
            ("GET / HTTP/1.1", "\nHost: a\r\n\r\n"),
            ("GET / HTTP/1.1\r\nHost: a", "\n\r\n"),
            ("GET / HTTP/1.1\r\nHost: a\r\n", "\n"),
            ("GET / HTTP/1.1\r\nA: b\rc\r", "\n\r\n"),
            ("GET / HTTP/1.1\r\nA: b\r\n c\r", "\n\r\n"),
            ("GET / HTTP/1.1\r\nA: b\r\n\tc: d\r", "\n\r\n"),
            (
                "POST / HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r",
                "\n\r\n",
            ),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r",
                "\n\r\n",
            ),
            (
                "POST / HTTP/1.1\r\nContent-Length: 4\r\nContent-Length: 4\r",
                "\n\r\n",
            ),
            ("POST / HTTP/1.1\r\nContent-Length : 4\r", "\n\r\n"),
            ("POST / HTTP/1.1\r\nContent-Length: +4\r", "\n\r\n"),
            ("POST / HTTP/1.1\r\nContent-Length: 4, 4\r", "\n\r\n"),
            ("POST / HTTP/1.1\r\nContent-Length: \r", "\n\r\n"),
            (
                "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r",
                "\n\r\n",
            ),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: identity\r", "\n\r\n"),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r",
                "\n\r\n",
            ),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r", "\n\r\n"),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1",
                "\na\r\n0\r\n\r\n",
            ),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r",
                "\na\r\n0\r\n\r\n",
            ),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r",
                "\na",
            ),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r",
                "\n0\r\n\r\n",
            ),
        ] {
            let text = format!("{head}{bad}");
            assert_eq!(wrong(&text), Some(head.len()), "{text:?}");
        }
    }
}
