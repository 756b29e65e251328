/* matrix.c: products of square matrices of doubles, in the plain way of three loops. */
#include <stdio.h>

#define N 320

static double a[N][N], b[N][N], c[N][N];

static void multiply(void)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double sum = 0;

            for (int k = 0; k < N; k++)
                sum += a[i][k] * b[k][j];
            c[i][j] = sum;
        }
}

int main(void)
{
    double trace = 0;

    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (i * 7 + j) % 13 - 6;
            b[i][j] = (i + j * 5) % 11 - 5;
        }
    for (int round = 0; round < 16; round++) {
        multiply();
        for (int i = 0; i < N; i++)
            trace += c[i][i];
        a[round][round] += 1;
    }
    printf("%.3f\n", trace);
    return 0;
}
