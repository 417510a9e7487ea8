# one
   # two

      // three