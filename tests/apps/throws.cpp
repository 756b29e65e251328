// C++ exceptions: thrown and caught across frames, by type, by base, by pointer; destructors on the way; thrown again;
// in constructors and destructors; through the standard library; a hundred thousand of them.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct noisy {
    std::string name;
    explicit noisy(std::string given) : name(std::move(given))
    {
        std::printf("+%s ", name.c_str());
    }
    noisy(const noisy &) = delete;
    ~noisy()
    {
        std::printf("-%s ", name.c_str());
    }
};

struct base {
    virtual ~base() = default;
    virtual const char *text() const
    {
        return "base";
    }
};
struct side {
    int number = 17;
};
struct derived : side, base {
    const char *text() const override
    {
        return "derived";
    }
};

[[gnu::noinline]] static void throw_kind(int kind)
{
    noisy local("kind" + std::to_string(kind));
    static derived object;
    switch (kind) {
    case 0:
        throw 42;
    case 1:
        throw 2.5;
    case 2:
        throw derived();
    case 3:
        throw static_cast<base *>(&object);
    case 4:
        throw std::out_of_range("too far");
    case 5:
        throw "text";
    case 6:
        throw std::string("a string that is longer than what a string holds in itself");
    case 7:
        throw &throw_kind;
    default:
        std::printf("nothing ");
    }
}

[[gnu::noinline]] static void catch_kind(int kind)
{
    try {
        noisy outer("outer");
        throw_kind(kind);
    } catch (int number) {
        std::printf("int %d", number);
    } catch (const base &object) {
        std::printf("%s", object.text());
    } catch (const base *object) {
        std::printf("pointer to %s", object->text());
    } catch (const std::logic_error &error) {
        std::printf("logic_error %s", error.what());
    } catch (const char *text) {
        std::printf("%s", text);
    } catch (const std::string &text) {
        std::printf("%s", text.c_str());
    } catch (...) {
        std::printf("something");
    }
    std::printf("\n");
}

struct part {
    noisy first{"first"};
    std::unique_ptr<noisy> second;
    explicit part(bool fails) : second(std::make_unique<noisy>("second"))
    {
        if (fails)
            throw std::runtime_error("no part");
    }
};

static void rethrow(int depth)
{
    noisy local(std::to_string(depth));
    try {
        if (depth == 0)
            throw derived();
        rethrow(depth - 1);
    } catch (const side &object) {
        std::printf("seen %d ", object.number);
        throw;
    }
}

// Another exception while one is being handled.
static void nested()
{
    try {
        throw 1;
    } catch (int first) {
        try {
            throw std::to_string(first + 1);
        } catch (const std::string &second) {
            std::printf("%d and %s ", first, second.c_str());
        }
        try {
            throw;
        } catch (int again) {
            std::printf("%d again\n", again);
        }
    }
}

struct throws_late {
    ~throws_late() noexcept(false)
    {
        throw std::runtime_error("from a destructor");
    }
};

static void through_the_library()
{
    std::vector<int> numbers(100);
    for (unsigned i = 0; i < numbers.size(); i++)
        numbers[i] = static_cast<int>(i * 37 % 101);
    int compared = 0;
    try {
        std::sort(numbers.begin(), numbers.end(), [&](int a, int b) {
            if (++compared == 200)
                throw compared;
            return a < b;
        });
    } catch (int count) {
        std::printf("sort ended after %d\n", count);
    }
    std::function<int(int)> recurse = [&](int n) -> int { return n ? recurse(n - 1) + 1 : throw n; };
    try {
        recurse(1000);
    } catch (int n) {
        std::printf("function ended at %d\n", n);
    }
    try {
        std::map<std::string, int>{{"a", 1}}.at("b");
    } catch (const std::out_of_range &) {
        std::printf("out of range\n");
    }
    try {
        std::vector<int>{1, 2, 3}.at(3);
    } catch (const std::exception &) {
        std::printf("out of range\n");
    }
}

[[gnu::noinline]] static int deep(int n)
{
    if (n == 0)
        throw n;
    return deep(n - 1) + n;
}

static void many()
{
    long sum = 0;
    for (int i = 0; i < 100000; i++) {
        try {
            if (i % 3)
                throw i;
            throw std::make_shared<int>(i);
        } catch (int number) {
            sum += number;
        } catch (const std::shared_ptr<int> &number) {
            sum -= *number;
        }
    }
    std::printf("sum %ld\n", sum);
}

int main(int argc, char **)
{
    for (int kind = 0; kind < 9; kind++)
        catch_kind(kind);
    for (bool fails : {false, true}) {
        try {
            part both(fails);
        } catch (const std::runtime_error &error) {
            std::printf("%s", error.what());
        }
        std::printf("\n");
    }
    try {
        rethrow(3);
    } catch (const base &object) {
        std::printf("%s\n", object.text());
    }
    nested();
    try {
        throws_late late;
        std::printf("alive ");
    } catch (const std::exception &error) {
        std::printf("%s\n", error.what());
    }
    through_the_library();
    try {
        deep(5000);
    } catch (int) {
        std::printf("up from the deep\n");
    }
    many();
    if (argc > 1)
        throw std::runtime_error("nobody catches this");
    return 3;
}
