// A sieve, objects with methods and closures, and regular expressions on text.
function sieve(limit) {
    var composite = [], count = 0;
    for (var i = 2; i < limit; i++) {
        if (composite[i])
            continue;
        count++;
        for (var j = i * i; j < limit; j += i)
            composite[j] = true;
    }
    return count;
}
for (var round = 0; round < 8; round++)
    print('primes ' + sieve(40000 + round));

function Vector(x, y) {
    this.x = x;
    this.y = y;
}
Vector.prototype.add = function (other) { return new Vector(this.x + other.x, this.y + other.y); };
var position = new Vector(0, 0), step = new Vector(0.5, 0.25);
for (var i = 0; i < 500000; i++)
    position = position.add(step);
print('position ' + position.x + ' ' + position.y);

function counter() {
    var n = 0;
    return function (by) { return n += by; };
}
var count = counter();
for (var i = 0; i < 1000000; i++)
    count(i & 3);
print('count ' + count(0));

var text = '', found = 0;
for (var i = 0; i < 2000; i++)
    text += 'item ' + i + ' costs ' + i * 7 % 1000 + '.50; ';
for (var i = 0; i < 20; i++)
    found += text.replace(/(\d+)\.50/g, '<$1>').match(/<[1-9]\d\d>/g).length;
print('found ' + found);
