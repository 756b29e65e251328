package main

import (
	"fmt"
	"os"
)

func main() {
	whom := "world"
	if len(os.Args) > 1 {
		whom = os.Args[1]
	}
	fmt.Printf("Hello, %s! There is nothing between us but a machine.\n", whom)
}
