/* mujs_main.c: run the JavaScript on stdin, which has `print`. */
#include <stdio.h>
#include <stdlib.h>

#include <mujs.h>

static void print(js_State *js)
{
    puts(js_tostring(js, 1));
    js_pushundefined(js);
}

int main(void)
{
    static char script[1 << 16];
    size_t size = fread(script, 1, sizeof(script) - 1, stdin);
    js_State *js = js_newstate(NULL, NULL, JS_STRICT);

    script[size] = 0;
    js_newcfunction(js, print, "print", 1);
    js_setglobal(js, "print");
    return js_dostring(js, script);
}
