//! Playlists of HTTP Live Streaming (RFC 8216), as texts.

use crate::{Index, Rendition, Segment};
use std::fmt::Write;

/// The first version in which every segment may be a run of bytes of a fragmented MP4 file.
const HEAD: &str = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n";
/// A last segment that is shorter is none of its own.
const SHORTEST_LAST_MS: u32 = 500;

/// Names one playlist of segments for each rendition, in their order, by its name beside this one: `opus-128.m3u8`.
#[must_use]
pub fn master(renditions: &[Rendition], duration_ms: u64) -> String {
    let mut text = HEAD.to_owned();
    for rendition in renditions {
        let average = bps(rendition.stream_bytes, duration_ms);
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={average},CODECS=\"{}\"\n{}.m3u8\n",
            rendition.peak_bps.max(average),
            rendition.rung.codec.rfc6381(),
            rendition.rung.name(),
        );
    }
    text
}

/// Names the segments of a rendition, all of them runs of bytes of the file at `url`.
#[must_use]
pub fn media(index: &Index, url: &str) -> String {
    let segments = told(&index.segments);
    let longest = segments.iter().map(|segment| segment.duration_ms.div_ceil(1000)).max();
    let mut text = HEAD.to_owned();
    let _ = write!(
        text,
        "#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n\
         #EXT-X-MAP:URI=\"{url}\",BYTERANGE=\"{}@0\"\n",
        longest.unwrap_or(1).max(1),
        index.init,
    );
    for Segment { duration_ms, start, length } in &segments {
        let (seconds, rest) = (duration_ms / 1000, duration_ms % 1000);
        let _ = write!(text, "#EXTINF:{seconds}.{rest:03},\n#EXT-X-BYTERANGE:{length}@{start}\n{url}\n");
    }
    text.push_str("#EXT-X-ENDLIST\n");
    text
}

/// The segments as players are told of them: a last one of a fraction of a second belongs to the one before it. It may hold
/// nothing but the delay of the encoder, which is cut off in front, so that it lies behind all that is heard; hls.js waits for
/// such a one for ever and never ends.
fn told(segments: &[Segment]) -> Vec<Segment> {
    let mut told = segments.to_vec();
    if let [.., before, last] = told.as_mut_slice()
        && last.duration_ms < SHORTEST_LAST_MS
    {
        before.duration_ms = before.duration_ms.saturating_add(last.duration_ms);
        before.length = before.length.saturating_add(last.length);
        told.pop();
    }
    told
}

/// The most bits per second of any segment. One that is much shorter than the others, as the last may be, says nothing of
/// what a network has to carry (RFC 8216, section 4.1).
#[must_use]
pub fn peak_bps(index: &Index) -> u64 {
    let longest = index.segments.iter().map(|segment| segment.duration_ms).max().unwrap_or(0);
    let counted = index.segments.iter().filter(|segment| segment.duration_ms >= longest / 2);
    counted.map(|segment| bps(segment.length, segment.duration_ms.into())).max().unwrap_or(0)
}

fn bps(bytes: u64, duration_ms: u64) -> u64 {
    bytes.saturating_mul(8000).checked_div(duration_ms).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    const fn segment(duration_ms: u32, start: u64, length: u64) -> Segment {
        Segment { duration_ms, start, length }
    }

    #[test]
    fn a_master_playlist_names_every_rendition_with_what_it_takes() {
        let set = samples::ready();
        let text = master(&set.renditions[1..4], 10_000);
        let expected = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n\
            #EXT-X-STREAM-INF:BANDWIDTH=140800,AVERAGE-BANDWIDTH=128000,CODECS=\"opus\"\nopus-128.m3u8\n\
            #EXT-X-STREAM-INF:BANDWIDTH=211200,AVERAGE-BANDWIDTH=192000,CODECS=\"opus\"\nopus-192.m3u8\n\
            #EXT-X-STREAM-INF:BANDWIDTH=140800,AVERAGE-BANDWIDTH=128000,CODECS=\"mp4a.40.2\"\naac-128.m3u8\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_media_playlist_names_runs_of_bytes_of_one_file() {
        let index =
            Index { init: 700, segments: vec![segment(6000, 700, 96_000), segment(4007, 96_700, 50)] };
        let expected = "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-TARGETDURATION:6\n\
            #EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n\
            #EXT-X-MAP:URI=\"https://host/a?b=c\",BYTERANGE=\"700@0\"\n\
            #EXTINF:6.000,\n#EXT-X-BYTERANGE:96000@700\nhttps://host/a?b=c\n\
            #EXTINF:4.007,\n#EXT-X-BYTERANGE:50@96700\nhttps://host/a?b=c\n#EXT-X-ENDLIST\n";
        assert_eq!(media(&index, "https://host/a?b=c"), expected);
    }

    #[test]
    fn what_is_left_at_the_end_for_a_moment_belongs_to_the_segment_before() {
        let segments = vec![segment(6000, 0, 10), segment(6000, 10, 20), segment(6, 30, 1)];
        let text = media(&Index { init: 0, segments: segments.clone() }, "x");
        assert!(text.contains("#EXT-X-TARGETDURATION:7\n"), "{text}");
        assert!(text.ends_with("#EXTINF:6.006,\n#EXT-X-BYTERANGE:21@10\nx\n#EXT-X-ENDLIST\n"), "{text}");
        let alone = media(&Index { init: 0, segments: segments[2..].to_vec() }, "x");
        assert!(alone.contains("#EXTINF:0.006,\n"), "a moment is heard, too: {alone}");
        let whole = told(&segments[..2]);
        assert_eq!(whole, segments[..2]);
    }

    #[test]
    fn no_segment_is_longer_than_is_promised() {
        let index = Index { init: 1, segments: vec![segment(6001, 1, 1)] };
        assert!(media(&index, "x").contains("#EXT-X-TARGETDURATION:7\n"));
        assert!(media(&Index { init: 1, segments: vec![] }, "x").contains("#EXT-X-TARGETDURATION:1\n"));
    }

    #[test]
    fn a_short_last_segment_says_nothing_of_the_peak() {
        let segments = vec![segment(6000, 0, 96_000), segment(6000, 96_000, 99_000), segment(20, 0, 5000)];
        assert_eq!(peak_bps(&Index { init: 0, segments }), 132_000);
        assert_eq!(peak_bps(&Index { init: 0, segments: vec![] }), 0);
    }
}
