/* An app of one file that ends at once. */
int main(void)
{
    return 0;
}
