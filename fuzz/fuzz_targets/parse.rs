#![no_main]
use caviar::{source::Sources, syntax};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let sources = Sources::single("fuzz.exp", text);
    syntax::parse(&sources, 0);
});
