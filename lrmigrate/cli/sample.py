"""A small sample of legacy code: a script of TensorFlow 1, one of Keras 2, and a callback."""

from __future__ import annotations

TENSORFLOW_1 = '''\
"""A network of 2016, with TensorFlow 1."""

import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
BATCH_SIZE, TRAIN_SIZE = 64, 55000

batch = tf.Variable(0, dtype=tf.float32, name="batch")
learning_rate = tf.train.exponential_decay(
    0.01,  # base rate
    batch * BATCH_SIZE, TRAIN_SIZE, 0.95,
    staircase=True)
optimizer = tf.train.MomentumOptimizer(learning_rate, 0.9)

other_rate = tf.train.linear_cosine_decay(0.01, batch, 10000)
'''

KERAS_2 = '''\
"""A classifier of 2018, with Keras 2."""

from keras.layers import Dense
from keras.models import Sequential
from keras.optimizers import SGD, Adam

model = Sequential([Dense(10, activation="softmax")])
model.compile(SGD(lr=1, decay=1e-6, momentum=0.9), loss="mse")

fine_tuning = Adam(lr=1e-4, epsilon=None)
'''

CALLBACK = '''\
"""A warm-up by hand, and a rate that is a function of the epoch."""

from tensorflow import keras
from tensorflow.keras import backend as K


class Warmup(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch < 5:
            K.set_value(self.model.optimizer.lr, 0.1 * (epoch + 1) / 5)


def rate(epoch):
    return 0.1 * 0.5 ** (epoch // 10)


def train(model, x, y):
    model.compile(keras.optimizers.Adam(learning_rate=rate), loss="mse")
    model.fit(x, y, epochs=30, callbacks=[Warmup()])
'''

FILES = {"callback.py": CALLBACK, "train_keras2.py": KERAS_2, "train_tf1.py": TENSORFLOW_1}
#: What tells the sample's folder from any other, and makes it a program of its own.
MARK = "lrmigrate.toml"
MARKED = "# The sample that `lrmigrate demo` writes; remove the folder when you have seen enough.\n"
