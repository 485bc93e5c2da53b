pub fn weight() -> u32 {
    1
}
