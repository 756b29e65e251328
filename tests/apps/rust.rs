// Test input: what a Rust program brings along: collections, formatting, iterators, panics; and the ways it ends.
// The first argument chooses: "panic" panics, anything else or nothing ends with 42.
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::io::{self, BufRead, Read, Write};

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Circle { radius: f64 },
    Rectangle { width: f64, height: f64 },
}

trait Area {
    fn area(&self) -> f64;
}

impl Area for Shape {
    fn area(&self) -> f64 {
        match self {
            Shape::Circle { radius } => std::f64::consts::PI * radius * radius,
            Shape::Rectangle { width, height } => width * height,
        }
    }
}

struct Matrix(Vec<Vec<i64>>);

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for row in &self.0 {
            let cells: Vec<String> = row.iter().map(|cell| format!("{:>6}", cell)).collect();
            writeln!(f, "[{}]", cells.join(","))?;
        }
        Ok(())
    }
}

fn multiply(a: &Matrix, b: &Matrix) -> Matrix {
    let n = a.0.len();
    Matrix((0..n).map(|i| (0..n).map(|j| (0..n).map(|k| a.0[i][k] * b.0[k][j]).sum()).collect()).collect())
}

fn collections() {
    let text = "the quick brown fox jumps over the lazy dog and the cat";
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for word in text.split(' ') {
        *counts.entry(word).or_insert(0) += 1;
    }
    println!("{:?}", counts);

    let squares: HashMap<u32, u64> = (0..10_000).map(|i| (i, u64::from(i) * u64::from(i))).collect();
    println!("{} squares, sum {}", squares.len(), squares.values().sum::<u64>());

    let mut queue: VecDeque<_> = (1..=5).collect();
    queue.rotate_left(2);
    println!("{:?}", queue);

    let unique: HashSet<char> = text.chars().filter(|c| c.is_alphabetic()).collect();
    println!("{} letters", unique.len());

    let mut words: Vec<String> = text.split(' ').map(str::to_uppercase).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.dedup();
    println!("{}", words.join(" "));
}

fn formatting() {
    println!("{:08.3}|{:<6}|{:^7}|{:+}|{:#x}|{:#010b}|{:e}", 3.14159, "ab", "mid", 7, 255, 5, 1234.5);
    println!("{} {} {}", f64::NAN, f64::INFINITY, 0.1 + 0.2);
    println!("{:?} {:?}", i128::MAX, u64::MAX.checked_add(1));
    let shapes = vec![Shape::Circle { radius: 1.5 }, Shape::Rectangle { width: 2.0, height: 3.5 }];
    for shape in &shapes {
        println!("{:?} has area {:.4}", shape, shape.area());
    }
    print!("{}", multiply(&Matrix(vec![vec![1, 2], vec![3, 4]]), &Matrix(vec![vec![5, 6], vec![7, 8]])));
    println!("{:?}", "grün, 緑, зелёный".char_indices().filter(|(_, c)| !c.is_ascii()).count());
}

fn input() -> io::Result<()> {
    let stdin = io::stdin();
    let mut first = String::new();
    stdin.lock().read_line(&mut first)?;
    let mut rest = Vec::new();
    stdin.lock().read_to_end(&mut rest)?;
    println!("first line {:?}, {} bytes more", first.trim_end(), rest.len());
    Ok(())
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    collections();
    formatting();
    input().expect("stdin");
    io::stdout().flush().expect("stdout");
    eprintln!("arguments {:?}", arguments);
    if arguments.first().map(String::as_str) == Some("panic") {
        let numbers = vec![1, 2, 3];
        println!("{}", numbers[arguments.len() + 2]);
    }
    std::process::exit(42);
}
