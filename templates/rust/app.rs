fn main() {
    let whom = std::env::args().nth(1).unwrap_or("world".to_string());
    println!("Hello, {}! There is nothing between us but a machine.", whom);
}
