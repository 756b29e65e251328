// Variables of Rust, which the debugger is asked for (variables.bats).
struct Point {
    x: i32,
    y: f64,
}

enum Shape {
    Circle(f32),
    Square { side: i64 },
}

fn measure(shape: &Shape, factor: i32, name: &str) -> f64 {
    let result = match shape {
        Shape::Circle(radius) => *radius as f64 * 3.0,
        Shape::Square { side } => (*side * factor as i64) as f64,
    };
    println!("{} {}", name, result);
    result
}

fn main() {
    let point = Point { x: 3, y: 2.5 };
    let numbers = [5u8, 6, 7];
    let sum = measure(&Shape::Circle(1.5), 2, "circle") + measure(&Shape::Square { side: 4 }, 3, "square");
    println!("{} {} {}", sum, point.x as f64 + point.y, numbers[1]);
}
