// Variables of C++, which the debugger is asked for (variables.bats).
#include <cstdio>
#include <string>

namespace shapes
{
struct Shape {
    virtual double area() const = 0;
    virtual ~Shape()
    {
    }
    int id = 3;
};

template <typename T> struct Box : Shape {
    T width, height;
    bool &flag;
    Box(T w, T h, bool &f) : width(w), height(h), flag(f)
    {
    }
    double area() const override
    {
        return double(width) * height;
    }
};

int counter = 5;
} // namespace shapes

enum class Level : unsigned char { Low = 1, High = 2 };

static double total(const shapes::Shape &shape, Level level)
{
    double sum = shape.area();
    return sum * int(level) + shapes::counter;
}

int main()
{
    bool flag = true;
    shapes::Box<int> box(3, 4, flag);
    std::string text = "hi";
    double result = total(box, Level::High);
    std::printf("%g %s\n", result, text.c_str());
    return 0;
}
