/* tree.c: see tree.h. */
#include "fs/tree.h"

bool tree_open(struct tree *tree, const void *bytes, size_t size)
{
    const struct mewz_tree *header = bytes;
    if (size < sizeof *header || header->magic != MEWZ_TREE_MAGIC || header->version != MEWZ_TREE_VERSION)
        return false;
    if (header->size > size || header->size < sizeof *header || header->node_count == 0)
        return false;
    uint64_t room = header->size - sizeof *header;
    uint64_t nodes_size = (uint64_t)header->node_count * sizeof(struct mewz_tree_node);
    if (nodes_size > room || header->text_size > room - nodes_size)
        return false;
    *tree = (struct tree){
        .bytes = bytes,
        .size = header->size,
        .nodes = (const struct mewz_tree_node *)(header + 1),
        .node_count = header->node_count,
        .text_size = header->text_size,
        .files_size = header->files_size,
    };
    tree->text = (const char *)(tree->nodes + tree->node_count);
    return tree->nodes[0].type == MEWZ_TREE_FOLDER;
}

uint32_t tree_children(const struct tree *tree, uint32_t folder, uint32_t *first)
{
    const struct mewz_tree_node *node = tree_node(tree, folder);
    if (node->type != MEWZ_TREE_FOLDER || node->start <= folder || node->start > tree->node_count ||
        node->size > tree->node_count - node->start)
        return 0;
    *first = (uint32_t)node->start;
    return (uint32_t)node->size;
}

static const char *text_at(const struct tree *tree, uint64_t start, uint64_t size)
{
    return start <= tree->text_size && size <= tree->text_size - start ? tree->text + start : NULL;
}

const char *tree_name(const struct tree *tree, uint32_t number)
{
    const struct mewz_tree_node *node = tree_node(tree, number);
    return text_at(tree, node->name, node->name_size);
}

const char *tree_target(const struct tree *tree, uint32_t link)
{
    const struct mewz_tree_node *node = tree_node(tree, link);
    return text_at(tree, node->start, node->size);
}

bool tree_has_content(const struct tree *tree, uint32_t file)
{
    const struct mewz_tree_node *node = tree_node(tree, file);
    uint64_t end = tree->files_size ? tree->files_size : tree->size;
    return node->start <= end && node->size <= end - node->start;
}

bool tree_read(const struct tree *tree, uint32_t file, uint64_t offset, void *bytes, size_t size)
{
    uint64_t position = tree_node(tree, file)->start + offset;
    if (tree->files_size)
        return tree->read_files(position, bytes, size);
    __builtin_memcpy(bytes, tree->bytes + position, size);
    return true;
}

/* As memcmp, the shorter one first where it is the other's beginning. */
static int compare(const char *a, size_t a_size, const char *b, size_t b_size)
{
    int order = __builtin_memcmp(a, b, a_size < b_size ? a_size : b_size);
    return order ? order : (a_size > b_size) - (a_size < b_size);
}

uint32_t tree_child(const struct tree *tree, uint32_t folder, const char *name, size_t size)
{
    uint32_t low = 0, count = tree_children(tree, folder, &low);
    uint32_t high = low + count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const char *other = tree_name(tree, middle);
        if (!other)
            return TREE_NONE;
        int order = compare(name, size, other, tree_node(tree, middle)->name_size);
        if (order == 0)
            return middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return TREE_NONE;
}
