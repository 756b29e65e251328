const whom = process.argv.length > 1 ? process.argv[1] : "world";
console.log("Hello, " + whom + "! There is nothing between us but a machine.");
