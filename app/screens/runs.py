"""x"""
def render(): pass
def renderer(slug):
    def render(): pass
    return render
