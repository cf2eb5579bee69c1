//! What a program complains of, told apart from what it reads aloud of a file.
//!
//! Among its own words ffmpeg says the tags of a recording, which may be any words. Asked for levels (`-v level+...`), it
//! begins every message with how grave it is, in brackets and behind who says it; tags are `[info]`, and go on in lines
//! that begin with spaces.

/// How messages of which something is to be concluded begin.
const GRAVE: [&str; 3] = ["[error] ", "[fatal] ", "[panic] "];
/// How a C++ library that falls begins, which knows of no levels.
const FALLEN: &str = "terminate called";

/// What it says of its errors, line by line.
pub(crate) fn errors(said: &str) -> impl Iterator<Item = &str> {
    said.lines().filter_map(|line| error(line).or_else(|| line.starts_with(FALLEN).then_some(line)))
}

/// Whether one of its errors has one of these words in it; which.
pub(crate) fn found<'a>(said: &str, words: &[&'a str]) -> Option<&'a str> {
    errors(said).find_map(|line| words.iter().find(|words| line.contains(**words)).copied())
}

/// Whether it ended because of a signal, which it catches: it says so in a line of its own.
pub(crate) fn signalled(said: &str, signal: i32) -> bool {
    let line = format!("[info] Exiting normally, received signal {signal}.");
    said.lines().any(|said| said == line)
}

fn error(line: &str) -> Option<&str> {
    let grave = |line: &str| GRAVE.iter().find(|level| line.starts_with(**level)).map(|level| level.len());
    if let Some(length) = grave(line) {
        return line.get(length..);
    }
    let (who, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let length = grave(rest).filter(|_| who.contains(" @ "))?;
    rest.get(length..)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "[info] Input #0, flac, from 'file:a.flac':\n[info]   Metadata:\n\
        [info]     title           : [error] No such file\n                    : [error] out of memory\n\
        [info]     [x @ 0x1] [error]: y\n[info]     comment         : Exiting normally, received signal 24.\n\
        terminate is a word\n";

    #[test]
    fn words_of_a_file_are_no_complaints() {
        assert_eq!(errors(SAID).collect::<Vec<_>>(), [""; 0]);
        assert!(!signalled(SAID, 24));
    }

    #[test]
    fn complaints_are_found_among_them() {
        let said = format!(
            "{SAID}[flac @ 0x55a8] [error] invalid residual\n[error] file:a: No such file or directory\n\
             terminate called after throwing an instance of 'std::bad_alloc'\n\
             [info] Exiting normally, received signal 24.\n"
        );
        let errors: Vec<_> = errors(&said).collect();
        assert_eq!(errors[..2], ["invalid residual", "file:a: No such file or directory"]);
        assert_eq!(errors.len(), 3);
        assert_eq!(found(&said, &["out of memory", "No such file"]), Some("No such file"));
        assert_eq!(found(&said, &["bad_alloc"]), Some("bad_alloc"));
        assert_eq!(found(&said, &["out of memory"]), None);
        assert!(signalled(&said, 24) && !signalled(&said, 2));
    }
}
