#include <iostream>
#include <string>

int main(int argc, char **argv)
{
    std::string whom = argc > 1 ? argv[1] : "world";
    std::cout << "Hello, " << whom << "! There is nothing between us but a machine.\n";
}
