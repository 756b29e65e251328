// Test input: a C++ program with the standard library: containers, algorithms, strings, streams, virtual calls,
// templates, static constructors and destructors. (Debian's libc++ for wasm has no exceptions.)
#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

struct Announcer {
    explicit Announcer(const char *what) : what(what)
    {
        std::cout << what << " begins\n";
    }
    ~Announcer()
    {
        std::cout << what << " ends" << std::endl;
    }
    const char *what;
};
static Announcer program("program");

struct Animal {
    virtual ~Animal() = default;
    virtual std::string sound() const = 0;
};
struct Cat : Animal {
    std::string sound() const override
    {
        return "mew";
    }
};
struct Dog : Animal {
    std::string sound() const override
    {
        return "woof";
    }
};

static void containers()
{
    std::vector<int> numbers(1000);
    std::iota(numbers.begin(), numbers.end(), 1);
    std::mt19937 generator(12345);
    std::shuffle(numbers.begin(), numbers.end(), generator);
    std::cout << "sum " << std::accumulate(numbers.begin(), numbers.end(), 0) << ", first " << numbers[0] << "\n";
    std::partial_sort(numbers.begin(), numbers.begin() + 5, numbers.end(), std::greater<>());
    for (int i = 0; i < 5; i++)
        std::cout << numbers[i] << " ";
    std::cout << "\n";

    std::map<std::string, std::set<int>> groups;
    for (int number : numbers)
        groups[number % 3 ? (number % 5 ? "rest" : "five") : "three"].insert(number);
    for (const auto &[name, members] : groups)
        std::cout << name << ": " << members.size() << " from " << *members.begin() << "\n";

    std::unordered_map<uint64_t, std::string> names;
    for (uint64_t i = 0; i < 5000; i++)
        names.emplace(i * 0x9e3779b97f4a7c15u, std::to_string(i));
    std::cout << names.at(4321 * 0x9e3779b97f4a7c15u) << " of " << names.size() << "\n";

    std::priority_queue<std::pair<double, std::string>> queue;
    queue.push({2.5, "middle"});
    queue.push({9.25, "high"});
    queue.push({-1, "low"});
    for (; !queue.empty(); queue.pop())
        std::cout << queue.top().second << "(" << queue.top().first << ") ";
    std::cout << "\n";
}

static void streams()
{
    std::ostringstream text;
    text << std::hex << std::showbase << 48879 << " " << std::dec << std::setw(8) << std::setfill('.') << 42 << " "
         << std::fixed << std::setprecision(3) << 2.0 / 3 << " " << std::scientific << 12345.678;
    std::cout << text.str() << "\n";

    std::string word, longest;
    size_t words = 0;
    while (std::cin >> word) {
        words++;
        longest = std::max(longest, word, [](auto &a, auto &b) { return a.size() < b.size(); });
    }
    std::cout << words << " words, the longest is " << std::quoted(longest) << "\n";
}

int main(int argc, char **argv)
{
    Announcer scope("main");
    containers();
    streams();
    std::vector<std::unique_ptr<Animal>> animals;
    animals.push_back(std::make_unique<Cat>());
    animals.push_back(std::make_unique<Dog>());
    for (const auto &animal : animals)
        std::cout << animal->sound() << "\n";
    std::variant<int, std::string> value = std::string("variant");
    std::optional<std::string> nothing;
    std::cout << std::get<std::string>(value) << " " << nothing.value_or("nothing") << "\n";
    std::function<int(int)> fibonacci = [&](int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); };
    std::cout << "fibonacci(24) = " << fibonacci(24) << "\n";
    std::cerr << argc << " arguments, the last is " << argv[argc - 1] << "\n";
    return argc;
}
