"""1-grams and 2-grams of the lines of a file by CountVectorizer: n-gram, occurrences, documents, in the order of their bytes.

    count_vectorizer.py FILE ANSWER
"""

import sys

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

with open(sys.argv[1], encoding="utf-8") as lines:
    documents = lines.readlines()
vectorizer = CountVectorizer(ngram_range=(1, 2))
matrix = vectorizer.fit_transform(documents)
matches = np.asarray(matrix.sum(axis=0)).ravel()
holding = np.bincount(matrix.indices, minlength=matrix.shape[1])
# Sorted by code points, which is the order of the bytes of UTF-8.
with open(sys.argv[2], "w", encoding="utf-8") as answer:
    for column, ngram in enumerate(vectorizer.get_feature_names_out()):
        answer.write(f"{ngram}\t{matches[column]}\t{holding[column]}\n")
