/* A plain binary-heap Dijkstra, the yardstick of the benchmark: cc -O2 -shared -fPIC.

   The graph is in compressed rows: the arcs of node n are begin[n] ... begin[n + 1] - 1. */
#include <stdint.h>
#include <stdlib.h>

typedef struct { double cost; int32_t node; } entry;

static void push(entry *heap, int64_t *size, double cost, int32_t node) {
    int64_t at = (*size)++;
    while (at > 0) {
        int64_t up = (at - 1) / 2;
        if (heap[up].cost <= cost) break;
        heap[at] = heap[up];
        at = up;
    }
    heap[at].cost = cost;
    heap[at].node = node;
}

static entry pop(entry *heap, int64_t *size) {
    entry top = heap[0], last = heap[--(*size)];
    int64_t at = 0;
    for (;;) {
        int64_t down = 2 * at + 1;
        if (down >= *size) break;
        if (down + 1 < *size && heap[down + 1].cost < heap[down].cost) down++;
        if (last.cost <= heap[down].cost) break;
        heap[at] = heap[down];
        at = down;
    }
    heap[at] = last;
    return top;
}

/* Costs from the nearest of some sources to every node within a limit; the others keep what was
   in cost (infinity). The nodes that were reached are listed in touched. Returns how many. */
int64_t spread(const int64_t *begin, const int32_t *target, const double *weight,
               const int32_t *source, int64_t sources, double limit,
               double *cost, int32_t *touched, entry *heap) {
    int64_t size = 0, reached = 0;
    for (int64_t k = 0; k < sources; k++) {
        if (cost[source[k]] > 0) {
            cost[source[k]] = 0;
            touched[reached++] = source[k];
            push(heap, &size, 0, source[k]);
        }
    }
    while (size > 0) {
        entry top = pop(heap, &size);
        if (top.cost > cost[top.node]) continue;
        for (int64_t arc = begin[top.node]; arc < begin[top.node + 1]; arc++) {
            double other = top.cost + weight[arc];
            int32_t node = target[arc];
            if (other <= limit && other < cost[node]) {
                if (cost[node] == 1.0 / 0.0) touched[reached++] = node;
                cost[node] = other;
                push(heap, &size, other, node);
            }
        }
    }
    return reached;
}

/* Costs of every node within a limit of each source, one source at a time: (source, node, cost)
   into the arrays, which hold room entries. Returns how many there are, -1 if they don't fit. */
int64_t pairs(const int64_t *begin, const int32_t *target, const double *weight, int64_t nodes,
              const int32_t *source, int64_t sources, double limit,
              int32_t *from, int32_t *to, double *found, int64_t room) {
    double *cost = malloc(nodes * sizeof(double));
    int32_t *touched = malloc(nodes * sizeof(int32_t));
    entry *heap = malloc((begin[nodes] + sources + 1) * sizeof(entry));
    int64_t count = 0;
    for (int64_t n = 0; n < nodes; n++) cost[n] = 1.0 / 0.0;
    for (int64_t k = 0; k < sources && count >= 0; k++) {
        int64_t reached = spread(begin, target, weight, source + k, 1, limit, cost, touched, heap);
        if (count + reached > room) count = -1;
        for (int64_t r = 0; r < reached; r++) {
            int32_t node = touched[r];
            if (count >= 0) {
                from[count] = (int32_t)k;
                to[count] = node;
                found[count++] = cost[node];
            }
            cost[node] = 1.0 / 0.0;
        }
    }
    free(cost); free(touched); free(heap);
    return count;
}

/* The nearest service of each category for every node: cost holds categories x nodes, filled with
   infinity; the sources of category c are source[first[c]] ... source[first[c + 1] - 1]. */
void nearest(const int64_t *begin, const int32_t *target, const double *weight, int64_t nodes,
             const int32_t *source, const int64_t *first, int64_t categories, double limit,
             double *cost) {
    int32_t *touched = malloc(nodes * sizeof(int32_t));
    entry *heap = malloc((begin[nodes] + first[categories] + 1) * sizeof(entry));
    for (int64_t c = 0; c < categories; c++)
        spread(begin, target, weight, source + first[c], first[c + 1] - first[c], limit,
               cost + c * nodes, touched, heap);
    free(touched); free(heap);
}
